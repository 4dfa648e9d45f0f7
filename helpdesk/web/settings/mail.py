"""Mail settings: the From address, which mails are sent, tests of the servers, and undeliverable addresses."""

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue

from helpdesk import config
from helpdesk.channels.email import administration, mail_loop, senders, trusted_senders, undeliverable
from helpdesk.domain.administration import settings
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import undeliverable_addresses
from helpdesk.extensions import db
from helpdesk.models.user import User
from helpdesk.translation import gettext, ngettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import mail_previews, navigation
from helpdesk.web.settings.mail_form import MailForm

blueprint = Blueprint("settings_mail", __name__, url_prefix="/settings/mail")


@blueprint.get("")
@authorization.admin_only
def show_mail_settings() -> ResponseReturnValue:
    """Show the form with the current values."""
    return render_page(MailForm(data=settings.get_all()))


@blueprint.post("")
@authorization.admin_only
def save_mail_settings() -> ResponseReturnValue:
    """Save the settings of mail."""
    form = MailForm(request.form)
    if not form.save("Mail"):
        return render_page(form), form.refusal_status
    flash(gettext("Mail is saved."), "success")
    return redirect("/settings/mail", 303)


@blueprint.post("/test")
@authorization.admin_only
def test_mail_servers() -> ResponseReturnValue:
    """Connect to the mail server and the mailbox as a delivery would."""
    db.session.rollback()
    for finding in administration.check_connections():
        flash(finding.sentence, "success@server" if finding.ok else "error@server")
    return redirect("/settings/mail#server", 303)


@blueprint.post("/test-mail")
@authorization.admin_only
def send_test_mail() -> ResponseReturnValue:
    """Send a test mail to oneself through the outbox, as every other mail."""
    user = authentication.get_current_user()
    if not config.current().MAIL_SERVER:
        flash(gettext("No mail was sent: MAIL_SERVER is not set."), "error@server")
        return redirect("/settings/mail#server", 303)
    administration.send_test_mail(user)
    db.session.commit()
    flash(
        gettext("A test mail is on its way to %(email)s. It goes through the outbox, as every mail.", email=user.email),
        "success@server",
    )
    return redirect("/settings/mail#server", 303)


@blueprint.post("/loop")
@authorization.admin_only
def try_mail_loop() -> ResponseReturnValue:
    """Send a test mail to a reply address, which has to come back."""
    try:
        mail_loop.start(authentication.get_current_user())
    except ValidationError as error:
        flash(error.message, "error@incoming")
        return redirect("/settings/mail#incoming", 303)
    db.session.commit()
    flash(gettext("The test mail is on its way. Load this page again in a minute."), "success@incoming")
    return redirect("/settings/mail#incoming", 303)


@blueprint.post("/dead/<int:user_id>/revival")
@authorization.admin_only
def reset_undeliverable_address(user_id: int) -> ResponseReturnValue:
    """Send mail to an undeliverable address again, and retry what failed."""
    user = db.session.get(User, user_id) or abort(404)
    retried_count = undeliverable.reset_and_retry(user, actor=authentication.get_current_user())
    db.session.commit()
    sentence = gettext("Mail is sent to %(email)s again.", email=user.email)
    if retried_count:
        retried = ngettext("%(num)s mail is sent once more.", "%(num)s mails are sent once more.", retried_count)
        sentence = f"{sentence} {retried}"
    flash(sentence, "success@dead")
    return redirect("/settings/mail#dead", 303)


@blueprint.post("/accepted/<int:row_id>/delete")
@authorization.admin_only
def forget_sender(row_id: int) -> ResponseReturnValue:
    """Forget a sender that was accepted from quarantine."""
    trusted_senders.remove(row_id, actor=authentication.get_current_user())
    db.session.commit()
    flash(gettext("The sender is forgotten. Their next mail is checked as everybody's."), "success@accepted")
    return redirect("/settings/mail#accepted", 303)


def render_page(form: MailForm) -> str:
    """Render the page with ``form``, the servers and the undeliverable addresses."""
    current = config.current()
    return navigation.render_settings_page(
        "settings/mail.html",
        form=form,
        fallback=senders.default_address(),
        server=f"{current.MAIL_SERVER}:{current.MAIL_PORT}" if current.MAIL_SERVER else "",
        incoming=administration.describe_incoming(),
        accepted=trusted_senders.list_all(),
        dead=undeliverable_addresses.list_undeliverable(),
        titles=mail_previews.TITLES,
    )
