"""Mail: which address it comes from, what is mailed, whether the servers take it, and whom it does not reach."""

from flask import Blueprint, abort, flash, redirect

from helpdesk import config
from helpdesk.channels.email import address
from helpdesk.domain import addresses, mail_settings, senders, settings
from helpdesk.extensions import db
from helpdesk.models.people import User
from helpdesk.web import access, identity
from helpdesk.web.settings import choosing, mail_previews, navigation

blueprint = Blueprint("settings_mail", __name__, url_prefix="/settings/mail")
NAMES = (
    "system_email",
    "use_custom_from",
    "mail_received",
    "mail_solved",
    "mail_inline_images",
    "mail_while_reading",
    "mail_grouping_seconds",
    "tickets_by_mail",
    "rating_style",
)


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
    """Connect to the mail server and the mailbox as a delivery would."""
    db.session.rollback()
    for finding in mail_settings.check_lines():
        flash(finding.sentence, "success" if finding.ok else "error")
    return redirect("/settings/mail#server", 303)


@blueprint.post("/test-mail")
@access.admin_only
def send_test():
    """A mail to whoever asks, by the way every mail takes."""
    me = identity.me()
    mail_settings.send_test(me)
    db.session.commit()
    flash(f"A test mail is on its way to {me.email}.", "success")
    return redirect("/settings/mail#server", 303)


@blueprint.post("/dead/<int:user_id>/revival")
@access.admin_only
def revive(user_id: int):
    """Write again to an address that took no mail; what failed leaves anew."""
    user = (db.session.get(User, user_id) if user_id < 2**63 else None) or abort(404)
    again = addresses.revive(user, actor=identity.me())
    db.session.commit()
    mails = {0: "", 1: " 1 mail leaves anew."}.get(again, f" {again} mails leave anew.")
    flash(f"Mail is sent to {user.email} again.{mails}", "success")
    return redirect("/settings/mail#dead", 303)


def page(values: dict, errors: dict | None = None) -> str:
    current = config.current()
    return navigation.render(
        "settings/mail.html",
        values=values,
        errors=errors or {},
        fallback=senders.fallback(),
        server=f"{current.MAIL_SERVER}:{current.MAIL_PORT}" if current.MAIL_SERVER else "",
        incoming=mail_settings.incoming(),
        dead=addresses.dead(),
        titles=mail_previews.TITLES,
    )
