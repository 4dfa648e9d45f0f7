"""The portal's appearance and its sign-in methods."""

from pathlib import Path

from flask import Blueprint, Response, abort, current_app, flash, redirect, request
from flask.typing import ResponseReturnValue

from helpdesk import urls
from helpdesk.channels.email import diagnostics as mail_check
from helpdesk.channels.email import settings as mail_settings
from helpdesk.domain.administration import settings
from helpdesk.domain.authentication import oidc
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.portal import pictures
from helpdesk.domain.portal.pictures import Picture
from helpdesk.extensions import db
from helpdesk.translation import gettext, lazy_gettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation
from helpdesk.web.settings.portal_form import PortalForm
from helpdesk.web.sign_in import login_page as sign_in_page

blueprint = Blueprint("settings_portal", __name__)
PICTURE_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
PICTURES = {
    Picture.logo: (
        lazy_gettext("Logo"),
        lazy_gettext("SVG, PNG, JPEG, GIF or WebP, at most 512 KB. Shown 28 pixels high."),
    ),
    Picture.logo_dark: (
        lazy_gettext("Logo for the dark scheme"),
        lazy_gettext("The same kinds. Without one the logo stands on a white ground there."),
    ),
    Picture.favicon: (
        lazy_gettext("Icon of browser tabs"),
        lazy_gettext("The same kinds, best a square. Without one, the logo is used."),
    ),
    Picture.logo_mail: (
        lazy_gettext("Logo of mails"),
        lazy_gettext("PNG, JPEG or GIF, at most 50 KB: mail programs show no SVG. Without one, the logo is used."),
    ),
}


@blueprint.get("/settings/portal")
@authorization.admin_only
def show_portal_settings() -> ResponseReturnValue:
    """Show the form with the current values."""
    return render_page()


@blueprint.post("/settings/portal")
@authorization.admin_only
def save_portal_settings() -> ResponseReturnValue:
    """Save the settings of the portal."""
    form = PortalForm(request.form)
    if not form.save("Portal setup", "changed the portal's settings"):
        return render_page(form), form.refusal_status
    flash(gettext("The portal is saved."), "success")
    return redirect("/settings/portal", 303)


@blueprint.post("/settings/portal/logo")
@blueprint.post("/settings/portal/logo/<any(logo_dark, favicon, logo_mail):name>")
@authorization.admin_only
def save_logo(name: str = "logo") -> ResponseReturnValue:
    """Save a logo for the header, or another picture of the portal."""
    picture, file = Picture(name), request.files.get("logo")
    data = file.stream.read(pictures.MAX_BYTES + 1) if file and file.filename else b""
    try:
        replace_picture(picture, data)
    except ValidationError as error:
        db.session.rollback()
        return render_page(picture_errors={name: error.message}), 422
    flash(gettext("The logo is saved."), f"success@{name}")
    return redirect("/settings/portal#logo", 303)


@blueprint.post("/settings/portal/logo/delete")
@blueprint.post("/settings/portal/logo/<any(logo_dark, favicon, logo_mail):name>/delete")
@authorization.admin_only
def delete_logo(name: str = "logo") -> ResponseReturnValue:
    """Delete the logo, after which the header shows the name only, or another picture."""
    replace_picture(Picture(name), None)
    flash(gettext("The logo is removed."), f"success@{name}")
    return redirect("/settings/portal#logo", 303)


@blueprint.post("/settings/portal/tests/<method>")
@authorization.admin_only
def test_sign_in_method(method: str) -> ResponseReturnValue:
    """Test a sign-in method as far as possible without a person."""
    if method in ("google", "microsoft"):
        provider = oidc.get_provider(method)
        db.session.rollback()
        error = oidc.configuration_error(provider)
        flash(
            error or gettext("%(title)s answers, and its keys can be read.", title=provider.title),
            "error@ways" if error else "success@ways",
        )
    elif method == "link":
        outgoing = mail_settings.smtp_settings()
        db.session.rollback()
        findings = mail_check.check_smtp(outgoing) if outgoing.server else []
        for finding in findings:
            flash(finding.sentence, "success@ways" if finding.ok else "error@ways")
        if not findings:
            flash(gettext("No mail server is configured (MAIL_SERVER)."), "error@ways")
    else:
        abort(404)
    return redirect("/settings/portal#ways", 303)


@blueprint.get("/logo")
@blueprint.get("/logo/<any(logo_dark, favicon):name>")
@authorization.public
def show_logo(name: str = "logo") -> ResponseReturnValue:
    """Send the image of the logo, or another picture of the portal."""
    found = pictures.load_for_page(Picture(name))
    if found is None:
        abort(404)
    return answer_with_picture(*found)


@blueprint.get("/favicon.ico")
@authorization.public
def show_favicon() -> ResponseReturnValue:
    """Send the portal's icon, which browsers ask for beside a document that names none: a preview, a file."""
    found = pictures.load_for_page(Picture.favicon, Picture.logo)
    if found is None:
        found = Path(current_app.static_folder, "favicon.svg").read_bytes(), "image/svg+xml"
    response = answer_with_picture(*found)
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # a preview's sandbox has no origin
    return response


def answer_with_picture(data: bytes, media_type: str) -> Response:
    """Answer with a picture of the portal, which anybody may keep for a day and in which nothing runs."""
    response = Response(data, mimetype=media_type)
    response.headers["Cache-Control"] = "public, max-age=86400"
    response.headers["Content-Security-Policy"] = PICTURE_POLICY
    return response


def replace_picture(picture: Picture, data: bytes | None) -> None:
    """Store another picture, None for none, and commit. Raises ValidationError."""
    pictures.replace_picture(picture, data, actor=authentication.get_current_user())
    db.session.commit()


def render_page(form: PortalForm | None = None, picture_errors: dict[str, str] | None = None) -> str:
    """Render the page with ``form``, by default with the stored values, and what is wrong with a picture."""
    values = settings.get_all()
    return navigation.render_settings_page(
        "settings/portal.html",
        form=form or PortalForm(data=values),
        pictures=[
            (str(picture), label, what, values[picture], get_picture_address(picture, values[picture]))
            for picture, (label, what) in PICTURES.items()
        ],
        picture_errors=picture_errors or {},
        google=oidc.google_provider(),
        microsoft=oidc.microsoft_provider(),
        zone=values["time_zone"],
        can_mail=sign_in_page.is_mail_configured(),
        address=urls.absolute_url("/"),
        callbacks={name: urls.absolute_url(f"/sign-in/{name}/authorized") for name in ("google", "microsoft")},
    )


def get_picture_address(picture: Picture, key: str) -> str:
    """Return the address at which a picture is shown, "" where there is none to show on a page."""
    if not key or picture == Picture.logo_mail:
        return ""
    path = "/logo" if picture == Picture.logo else f"/logo/{picture}"
    return f"{path}?v={key[:8]}"
