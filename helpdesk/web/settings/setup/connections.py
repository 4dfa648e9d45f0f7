"""Connections of the checklist: enter their values, remove them, and try them for real."""

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from helpdesk.channels.email import administration as mail
from helpdesk.channels.email import diagnostics, senders
from helpdesk.channels.email import settings as mail_settings
from helpdesk.channels.slack import channels
from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.administration.entered_values import CONNECTIONS
from helpdesk.domain.authentication import oidc
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.integrations import connections
from helpdesk.extensions import db
from helpdesk.translation import gettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings.setup import forms, page
from helpdesk.web.sign_in import login_page

blueprint = Blueprint("settings_setup_connections", __name__, url_prefix="/settings/setup/connections")
STEPS = {"google": "sign_in", "microsoft": "sign_in", "mail": "mail", "inbound_mail": "inbound_mail", "slack": "slack"}
Finding = tuple[bool, str]


@blueprint.post("/<name>")
@authorization.admin_only
def enter_connection(name: str) -> ResponseReturnValue:
    """Store the values and try them at once."""
    if name not in forms.CONNECTION_FORMS:
        abort(404)
    connection, actor = CONNECTIONS[name], authentication.get_current_user()
    form = forms.make_connection_form(name, connections.read_entered(connection), "", request.form)
    if not form.validate():
        return page.render_checklist(STEPS[name], **{name: form}), 422
    try:
        connections.enter(connection, form.read_values(), actor=actor)
        if name == "mail":
            _set_sender(form.system_email.data)
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        settings.invalidate_cache()
        form.add_refusal(error)
        return page.render_checklist(STEPS[name], **{name: form}), 422
    db.session.commit()
    return _show(name, [(True, gettext("The values are stored, encrypted.")), *try_connection(name)])


@blueprint.post("/<name>/delete")
@authorization.admin_only
def remove_connection(name: str) -> ResponseReturnValue:
    """Forget the values that were entered."""
    if name not in forms.CONNECTION_FORMS:
        abort(404)
    connections.remove(CONNECTIONS[name], actor=authentication.get_current_user())
    db.session.commit()
    return _show(name, [(True, gettext("The entered values are deleted."))])


@blueprint.post("/<name>/test")
@authorization.admin_only
def test_connection(name: str) -> ResponseReturnValue:
    """Try the connection for real."""
    if name not in forms.CONNECTION_FORMS:
        abort(404)
    return _show(name, try_connection(name))


@blueprint.post("/mail/test-mail")
@authorization.admin_only
def send_test_mail() -> ResponseReturnValue:
    """Send a mail to oneself through the outbox, as every other mail; the step says what became of it."""
    user = authentication.get_current_user()
    settings.invalidate_cache()
    if senders.system_address() is None or not login_page.is_mail_configured():
        return _show("mail", [(False, gettext("No mail was sent: enter a mail server and an address first."))])
    mail.send_test_mail(user)
    db.session.commit()
    sentence = gettext(
        "A test mail to %(address)s is in the outbox. Load this page again to see whether it left.", address=user.email
    )
    return _show("mail", [(True, sentence)])


def try_connection(name: str) -> list[Finding]:
    """What a real call finds, as sentences. Ends the transaction first, so that none stays open meanwhile."""
    settings.invalidate_cache()
    settings.get_all()
    if name in ("google", "microsoft"):
        provider = oidc.get_provider(name)
        db.session.rollback()
        error = oidc.configuration_error(provider)
        return [
            (
                not error,
                error
                or gettext(
                    "%(provider)s answers. Try it: sign in with it in a private window.", provider=provider.title
                ),
            )
        ]
    if name == "slack":
        has_channel = bool(settings.get("triage_channel"))
        checks = [check for check in channels.run_diagnostics() if has_channel or check.what != "round trip"]
        return [(check.ok, check.sentence) for check in checks]
    if name == "inbound_mail":
        mailbox, found = mail_settings.imap_settings(), mail.describe_incoming()
        db.session.rollback()
        return [(each.ok, each.sentence) for each in (*found, *(diagnostics.check_imap(mailbox) if mailbox else ()))]
    outgoing = mail_settings.smtp_settings()
    db.session.rollback()
    if not outgoing.server:
        return [(False, gettext("No mail server is set."))]
    return [(finding.ok, finding.sentence) for finding in diagnostics.check_smtp(outgoing)]


def _set_sender(address: str) -> None:
    before = settings.load_all()["system_email"]
    if address != senders.system_address():
        settings.set("system_email", address)
        audit_log.add_entry(
            "changed a setting", authentication.get_current_user(), "system_email", value=[before, address]
        )


def _show(name: str, findings: list[Finding]) -> ResponseReturnValue:
    response = page.redirect_to(STEPS[name])
    for is_ok, sentence in findings:
        response = page.redirect_to(STEPS[name], sentence, "success" if is_ok else "error")
    return response
