"""The portal's appearance and its sign-in methods."""

from flask import Blueprint, Response, abort, flash, redirect, request
from flask.typing import ResponseReturnValue

from helpdesk import storage, urls
from helpdesk.channels.email import diagnostics as mail_check
from helpdesk.channels.email import settings as mail_settings
from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.authentication import oidc
from helpdesk.domain.tickets import attachments
from helpdesk.extensions import db
from helpdesk.models.attachment import IMAGE_TYPES
from helpdesk.translation import gettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation
from helpdesk.web.settings.portal_form import PortalForm
from helpdesk.web.sign_in import login_page as sign_in_page

blueprint = Blueprint("settings_portal", __name__)
MAX_LOGO_BYTES = 512 * 1024


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
@authorization.admin_only
def save_logo() -> ResponseReturnValue:
    """Save a logo for the header."""
    file = request.files.get("logo")
    data = file.stream.read(MAX_LOGO_BYTES + 1) if file and file.filename else b""
    error = ""
    if not data:
        error = gettext("Choose a picture.")
    elif len(data) > MAX_LOGO_BYTES:
        error = gettext("The picture is larger than 512 KB.")
    elif attachments.detect_media_type(data[:64], "") not in IMAGE_TYPES:
        error = gettext("The logo must be a PNG, JPEG, GIF or WebP picture.")
    if error:
        return render_page(logo_error=error), 422
    key = attachments.generate_key()
    storage.write(key, data)
    replace_logo(key)
    flash(gettext("The logo is saved."), "success@logo")
    return redirect("/settings/portal#logo", 303)


@blueprint.post("/settings/portal/logo/delete")
@authorization.admin_only
def delete_logo() -> ResponseReturnValue:
    """Delete the logo; the header then shows the name only."""
    replace_logo("")
    flash(gettext("The logo is removed."), "success@logo")
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
@authorization.public
def show_logo() -> ResponseReturnValue:
    """Send the image of the logo."""
    key = settings.get("logo")
    try:
        data = storage.read(key) if key else abort(404)
    except FileNotFoundError:
        abort(404)
    response = Response(data, mimetype=attachments.detect_media_type(data[:64], ""))
    response.headers["Cache-Control"] = "public, max-age=86400"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def replace_logo(key: str) -> None:
    """Set the logo to the stored file ``key`` ("": none), commit, and delete the previous file."""
    previous_key = settings.get("logo")
    settings.set("logo", key)
    audit_log.add_entry(
        "changed the logo" if key else "removed the logo", authentication.get_current_user(), "Portal setup"
    )
    db.session.commit()
    if previous_key:
        storage.delete(previous_key)


def render_page(form: PortalForm | None = None, logo_error: str = "") -> str:
    """Render the page with ``form``, by default with the stored values."""
    values = settings.get_all()
    return navigation.render_settings_page(
        "settings/portal.html",
        form=form or PortalForm(data=values),
        logo=values["logo"],
        logo_error=logo_error,
        google=oidc.google_provider(),
        microsoft=oidc.microsoft_provider(),
        can_mail=sign_in_page.is_mail_configured(),
        address=urls.absolute_url("/"),
        callbacks={name: urls.absolute_url(f"/sign-in/{name}/authorized") for name in ("google", "microsoft")},
    )
