"""How each mail looks, with made-up words in this installation's name and colour."""

from flask import Blueprint, Response, abort

from helpdesk.channels.email import administration
from helpdesk.channels.email.render import compose
from helpdesk.web.middleware import authorization
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_mail_previews", __name__, url_prefix="/settings/mail/previews")
TITLES = {
    "reply": "An answer",
    "received": "A ticket was received",
    "solved": "A ticket was solved",
    "closing_soon": "A ticket closes soon",
    "invitation": "An invitation",
    "sign_in": "A sign-in link",
    "linked": "A new way of signing in",
    "weekly_summary": "The weekly summary",
    "delivery_alert": "Deliveries are stuck",
    "test": "A test mail",
}
OPEN_PREVIEW = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:"


@blueprint.get("/<name>")
@authorization.admin_only
def show_mail_preview(name: str):
    """One mail: subject and text."""
    return navigation.render_settings_page(
        "settings/mail_preview.html", name=name, title=TITLES.get(name, name), preview=found(name)
    )


@blueprint.get("/<name>/html")
@authorization.admin_only
def show_mail_preview_html(name: str):
    """The same as mail programs show it; nothing in it runs."""
    return Response(found(name).html, mimetype="text/html", headers={"Content-Security-Policy": OPEN_PREVIEW})


def found(name: str) -> compose.MailPreview:
    return administration.render_previews().get(name) or abort(404)
