"""The portal on a telephone's home screen: its manifest, and what other programs share with it.

Source of the rules: W3C Web Application Manifest and Web Share Target. A share is sent by the browser itself, so it has
no CSRF token; it says ``Sec-Fetch-Site: none`` (Fetch Metadata), which no page can say.
"""

import io

from flask import Blueprint, Response, current_app, flash, json, redirect, request
from flask.typing import ResponseReturnValue

from helpdesk.domain.administration import settings
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.portal import pictures
from helpdesk.domain.portal.pictures import Picture
from helpdesk.domain.tickets import attachments
from helpdesk.extensions import csrf, db
from helpdesk.models.ticket import MAX_SUBJECT_LENGTH
from helpdesk.translation import current_code, gettext
from helpdesk.web import uploads
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.templating.filters import build_url

blueprint = Blueprint("installed", __name__)
MAX_TEXT_LENGTH = 1000  # characters in an address; a longer text becomes a file
ICON_SIZES = (192, 512)
SHARED_FIELDS = ("subject", "body", "uploads", "share")  # share: of what the service worker keeps


@blueprint.get("/manifest.webmanifest")
@authorization.public
def show_manifest() -> ResponseReturnValue:
    """Name, icons and share target of the portal, for browsers that can install it."""
    asset_url = current_app.jinja_env.filters["asset_url"]
    icons = [
        {"src": asset_url(f"icons/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
        for size in ICON_SIZES
    ]
    own = pictures.load_for_page(Picture.favicon)
    if own:
        icons.insert(0, {"src": "/logo/favicon", "sizes": "any", "type": own[1]})
    manifest = {
        "id": "/",
        "name": settings.get("portal_name"),
        "short_name": settings.get("portal_name"),
        "lang": current_code(),
        "start_url": "/",
        "scope": "/",
        "display": "minimal-ui",
        "icons": icons,
        "share_target": {
            "action": "/tickets/shared",
            "method": "POST",
            "enctype": "multipart/form-data",
            "params": {
                "title": "title",
                "text": "text",
                "url": "url",
                "files": [{"name": "files", "accept": ["image/*", "video/*", "application/pdf", "text/plain"]}],
            },
        },
    }
    return Response(json.dumps(manifest), mimetype="application/manifest+json", headers={"Cache-Control": "no-cache"})


@blueprint.post("/tickets/shared")
@csrf.exempt
def receive_share() -> ResponseReturnValue:
    """Store shared files as those of a form that is not sent yet, and open the form for a new ticket with them."""
    if request.headers.get("Sec-Fetch-Site") != "none":
        csrf.protect()
    person = authentication.get_current_user()
    files = uploads.FormUploads(person)
    subject = request.form.get("title", "").strip()[:MAX_SUBJECT_LENGTH]
    body = "\n".join(filter(None, (request.form.get(name, "").strip() for name in ("text", "url"))))
    try:
        files.store()
        if len(body) > MAX_TEXT_LENGTH:
            name = gettext("Description") + ".txt"
            text = attachments.store_upload(io.BytesIO(body.encode()), name, "text/plain", person)
            files.keys.append(text.key)
            body = ""
        db.session.commit()
    except ValidationError as error:
        db.session.rollback()
        flash(error.message, "error")
    return redirect(build_url("/tickets/new", {"subject": subject, "body": body, "uploads": ",".join(files.keys)}), 303)


def read_share() -> dict[str, str]:
    """What ``receive_share`` put into the address of the present request, to be carried to the form."""
    return {name: request.args[name] for name in SHARED_FIELDS if request.args.get(name)}
