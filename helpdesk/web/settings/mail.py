"""Mail: which address it comes from, what is mailed, how every mail looks, and whether the server takes it."""

from flask import Blueprint, Response, abort, flash, redirect

from helpdesk import config
from helpdesk.channels.email import address, compose, samples
from helpdesk.channels.email import check as mail_check
from helpdesk.channels.email import settings as mail_settings
from helpdesk.domain import settings
from helpdesk.extensions import db
from helpdesk.web import access
from helpdesk.web.settings import choosing, navigation

blueprint = Blueprint("settings_mail", __name__, url_prefix="/settings/mail")
NAMES = (
    "system_email", "use_custom_from", "mail_received", "mail_solved", "mail_inline_images", "mail_while_reading",
    "mail_grouping_seconds", "tickets_by_mail", "rating_style",
)  # fmt: skip
TITLES = {
    "reply": "An answer", "received": "A ticket was received", "solved": "A ticket was solved", "closing_soon": "A ticket closes soon",
    "invitation": "An invitation", "sign_in": "A sign-in link", "linked": "A new way of signing in", "weekly_summary": "The weekly summary",
    "delivery_alert": "Deliveries are stuck",
}  # fmt: skip
OPEN_PREVIEW = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:"


@blueprint.get("")
@access.admin_only
def show():
    return page(settings.everything())


@blueprint.post("")
@access.admin_only
def save():
    values = choosing.typed(NAMES)
    errors = {}
    if values["system_email"]:
        try:
            values["system_email"] = address.canonical(values["system_email"])
        except ValueError as error:
            errors["system_email"] = str(error)
    errors = errors or choosing.save(values, "Mail")
    if errors:
        return page(values, errors), 422
    flash("Mail is saved.", "success")
    return redirect("/settings/mail", 303)


@blueprint.post("/test")
@access.admin_only
def test():
    """Connect to the mail server as a delivery would."""
    outgoing = mail_settings.outgoing()
    db.session.rollback()
    if not outgoing.server:
        flash("No mail server is configured; set MAIL_SERVER.", "error")
    for finding in mail_check.smtp(outgoing) if outgoing.server else []:
        flash(finding.sentence, "success" if finding.ok else "error")
    return redirect("/settings/mail#server", 303)


@blueprint.get("/previews/<name>")
@access.admin_only
def preview(name: str):
    """One mail with made-up values: subject and text."""
    return navigation.render("settings/mail_preview.html", name=name, title=TITLES.get(name), preview=sample(name))


@blueprint.get("/previews/<name>/html")
@access.admin_only
def preview_html(name: str):
    """The same as mail programs show it; nothing in it runs."""
    return Response(sample(name).html, mimetype="text/html", headers={"Content-Security-Policy": OPEN_PREVIEW})


def sample(name: str) -> compose.Preview:
    values = samples.all().get(name)
    return compose.preview(values) if values and name in TITLES else abort(404)


def page(values: dict, errors: dict | None = None) -> str:
    current = config.current()
    return navigation.render(
        "settings/mail.html",
        values=values,
        errors=errors or {},
        titles=list(TITLES.items()),
        server=f"{current.MAIL_SERVER}:{current.MAIL_PORT}" if current.MAIL_SERVER else "",
        default_sender=current.MAIL_DEFAULT_SENDER,
        incoming=bool(current.INBOUND_MAIL_DOMAIN),
    )
