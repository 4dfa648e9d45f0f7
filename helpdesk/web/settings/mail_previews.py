"""Previews of every mail, with sample data and this installation's name and colour."""

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue

from helpdesk.channels.email import administration
from helpdesk.channels.email.render import compose
from helpdesk.translation import lazy_gettext
from helpdesk.web.middleware import authorization
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_mail_previews", __name__, url_prefix="/settings/mail/previews")
TITLES = {
    "reply": lazy_gettext("An answer"),
    "received": lazy_gettext("A ticket was received"),
    "solved": lazy_gettext("A ticket was solved"),
    "closing_soon": lazy_gettext("A ticket closes soon"),
    "invitation": lazy_gettext("An invitation"),
    "sign_in": lazy_gettext("A sign-in link"),
    "sign_in_requests": lazy_gettext("Many requests for sign-in links"),
    "linked": lazy_gettext("A new way of signing in"),
    "weekly_summary": lazy_gettext("The weekly summary"),
    "report": lazy_gettext("A saved report"),
    "delivery_alert": lazy_gettext("Deliveries are stuck"),
    "quarantine_summary": lazy_gettext("Mails wait in quarantine"),
    "notifications": lazy_gettext("Notifications of the team"),
    "mail_waiting": lazy_gettext("A mail waits for the team"),
    "test": lazy_gettext("A test mail"),
}
PREVIEW_CONTENT_SECURITY_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:"


@blueprint.get("/<name>")
@authorization.admin_only
def show_mail_preview(name: str) -> ResponseReturnValue:
    """Show one mail: subject and text."""
    return navigation.render_settings_page(
        "settings/mail_preview.html", name=name, title=TITLES.get(name, name), preview=get_preview_or_404(name)
    )


@blueprint.get("/<name>/html")
@authorization.admin_only
def show_mail_preview_html(name: str) -> ResponseReturnValue:
    """Show the HTML part as mail programs show it; scripts do not run."""
    return Response(
        get_preview_or_404(name).html,
        mimetype="text/html",
        headers={"Content-Security-Policy": PREVIEW_CONTENT_SECURITY_POLICY},
    )


def get_preview_or_404(name: str) -> compose.MailPreview:
    """Return the preview with this name, else 404."""
    return administration.render_previews().get(name) or abort(404)
