"""Settings and checks of mail for admins: sender addresses, their DNS records, the connections out and in."""

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from helpdesk import config, urls
from helpdesk.channels.email import diagnostics, dkim_signing, hooks, imap_polling, mail_loop, senders
from helpdesk.channels.email import settings as channel_settings
from helpdesk.channels.email.render import compose, sample_messages
from helpdesk.domain import email_address, outbox
from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import permissions
from helpdesk.domain.people.name_conditions import ORGANIZATIONS_BY_NAME
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.organization import Organization
from helpdesk.models.user import User
from helpdesk.translation import format_datetime, format_list, gettext

LOOKED_AT_MAILS = 3  # of people, the latest, that have to have results of the trusted server


@dataclass(frozen=True)
class SenderAddress:
    """One address that mail comes from, and the organization it belongs to: None for the system address."""

    email: str
    organization: Organization | None = None

    @property
    def domain(self) -> str:
        return email_address.domain_of(self.email)


def list_senders() -> list[SenderAddress]:
    """List the system address first, then organizations' own addresses, whether switched on or not."""
    system = senders.system_address()
    own = select(Organization).where(Organization.from_address.is_not(None)).order_by(*ORGANIZATIONS_BY_NAME)
    found = [SenderAddress(system)] if system else []
    return found + [SenderAddress(organization.from_address, organization) for organization in db.session.scalars(own)]


def set_organization_address(organization: Organization, text: str, *, actor: User | None) -> str | None:
    """Send mail about the organization's tickets from ``text``, or with "" from the system address. Raises
    ValidationError.
    """
    before, chosen = organization.from_address, _validated_address(text, "from_address") or None
    if chosen != before:
        organization.from_address = chosen
        db.session.flush()
        audit_log.add_entry(
            "changed the address mail comes from", actor, organization.name, organization.id, old=before, new=chosen
        )
    return chosen


def required_dns_records(email: str) -> list[diagnostics.DnsRecord]:
    """Return the DNS records the address's domain needs (kind, name, value, why). Raises ValidationError for an
    unusable DKIM key.
    """
    domain = email_address.domain_of(email)
    server = config.current().MAIL_SERVER
    servers = () if not server or channel_settings.is_loopback(server) else (server,)
    try:
        return diagnostics.required_dns_records(domain, dkim_signing.configured_key(domain), servers)
    except ValueError as error:
        raise ValidationError(str(error)) from None


def check_dns_records(email: str) -> list[diagnostics.DiagnosticResult]:
    """Check these records in the DNS (ok, sentence). Takes some seconds at most each: hold no transaction."""
    return diagnostics.check_dns_records(required_dns_records(email))


def check_connections() -> list[diagnostics.DiagnosticResult]:
    """Check the connections to the mail server and the mailbox, as far as possible without sending. Hold no
    transaction.
    """
    outgoing = channel_settings.smtp_settings()
    findings = (
        diagnostics.check_smtp(outgoing)
        if outgoing.server
        else [diagnostics.DiagnosticResult(False, gettext("No mail server is configured (MAIL_SERVER)."))]
    )
    try:
        box = channel_settings.imap_settings()
    except ValueError as error:
        return [*findings, diagnostics.DiagnosticResult(False, str(error))]
    return findings + (diagnostics.check_imap(box) if box else [])


def describe_incoming() -> list[diagnostics.DiagnosticResult]:
    """Describe the set-up for incoming mail in sentences; no server is asked."""
    current = config.current()
    services = [hook.title for hook in hooks.HOOKS.values() if hook.is_configured()]
    latest = _describe_last_mail()
    if not (current.INBOUND_MAIL_SECRET or current.IMAP_URL or services or latest.ok):
        return [
            diagnostics.DiagnosticResult(
                False, gettext("Incoming mail is off: neither INBOUND_MAIL_SECRET nor IMAP_URL is set.")
            )
        ]
    found = [latest]
    if services:
        found.append(
            diagnostics.DiagnosticResult(
                True, gettext("Mail is accepted from hooks of %(services)s.", services=format_list(services))
            )
        )
    if current.INBOUND_MAIL_SECRET:
        found.append(
            diagnostics.DiagnosticResult(
                True,
                gettext("A mail server may post mails to %(address)s.", address=urls.absolute_url("/hooks/email")),
            )
        )
    if current.IMAP_URL:
        problem = imap_polling.get_mailbox_state().get("trouble")
        found.append(
            diagnostics.DiagnosticResult(
                not problem, problem or gettext("The mailbox of IMAP_URL is read every few seconds.")
            )
        )
    if current.INBOUND_MAIL_DOMAIN:
        found.append(
            diagnostics.DiagnosticResult(
                True,
                gettext(
                    "Replies come to reply+…@%(inbound_mail_domain)s.", inbound_mail_domain=current.INBOUND_MAIL_DOMAIN
                ),
            )
        )
    else:
        found.append(
            diagnostics.DiagnosticResult(False, gettext("Nobody can reply by mail: INBOUND_MAIL_DOMAIN is not set."))
        )
    if current.MAIL_RETURN_DOMAIN:
        address = f"bounce+…@{current.MAIL_RETURN_DOMAIN}"
        sentence = gettext("Undeliverable mail returns to %(address)s, an address for each mail.", address=address)
        found.append(diagnostics.DiagnosticResult(True, sentence))
    if current.INBOUND_AUTHSERV_ID:
        found.append(_describe_authentication(current.INBOUND_AUTHSERV_ID))
    else:
        found.append(diagnostics.DiagnosticResult(True, gettext("Who sent a mail is checked here, by DKIM and DMARC.")))
    return [*found, _describe_loop()]


def send_test_mail(actor: User) -> Delivery:
    """Send ``actor`` a test mail, through the outbox like every other mail."""
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins can do this."))
    return outbox.enqueue_account_mail(DeliveryKind.mail_test, actor.id)


def render_previews() -> dict[str, compose.MailPreview]:
    """Render every mail with sample values (subject, text, html), with this installation's name, colour and address, by
    its name.
    """
    chosen = settings.get_all()
    own = {
        "portal_name": chosen["portal_name"],
        "sender_name": chosen["team_name"],
        "accent": chosen["accent"],
        "sender": senders.system_address() or "help@portal.example",
    }
    return {
        name: compose.build_preview(dataclasses.replace(sample, envelope=dataclasses.replace(sample.envelope, **own)))
        for name, sample in sample_messages.sample_mails().items()
    }


def _describe_authentication(server: str) -> diagnostics.DiagnosticResult:
    """Return whether mail has authentication results of ``server``: none of the latest has where its name is wrong, or
    where the server writes none, as Microsoft 365.
    """
    proofs = (
        select(InboundEvent.payload["proven"].as_string())
        .where(InboundEvent.source == "email", InboundEvent.payload["kind"].as_string() == "person")
        .order_by(InboundEvent.id.desc())
        .limit(LOOKED_AT_MAILS)
    )
    latest = list(db.session.scalars(proofs))
    if len(latest) < LOOKED_AT_MAILS or any(latest):
        sentence = gettext("Authentication results of %(inbound_authserv_id)s are trusted.", inbound_authserv_id=server)
        return diagnostics.DiagnosticResult(True, sentence)
    sentence = gettext(
        "None of the latest mails has authentication results of %(server)s, so they wait under unmatched email. "
        "Correct INBOUND_AUTHSERV_ID, or leave it empty.",
        server=server,
    )
    return diagnostics.DiagnosticResult(False, sentence)


def _describe_last_mail() -> diagnostics.DiagnosticResult:
    latest = select(InboundEvent.received_at).where(InboundEvent.source == "email").order_by(InboundEvent.id.desc())
    at = db.session.scalar(latest.limit(1))
    if at is None:
        return diagnostics.DiagnosticResult(False, gettext("No mail has come in yet."))
    return diagnostics.DiagnosticResult(True, gettext("The latest mail came in on %(when)s.", when=_format_time(at)))


def _describe_loop() -> diagnostics.DiagnosticResult:
    """Return whether the latest test mail came back; one that is young may still be on its way."""
    state = mail_loop.get_state()
    if state is None:
        sentence = gettext("The whole way of a mail has not been tried: press the button below to send a test mail.")
        return diagnostics.DiagnosticResult(False, sentence)
    when = _format_time(state.sent_at)
    if state.arrived_at is None:
        sentence = gettext("The test mail of %(when)s has not come back.", when=when)
        return diagnostics.DiagnosticResult(False, sentence)
    sentence = gettext(
        "The test mail of %(when)s came back after %(seconds)s s. %(proof)s",
        when=when,
        seconds=state.seconds,
        proof=state.proof,
    )
    return diagnostics.DiagnosticResult(True, sentence)


def _format_time(when: datetime) -> str:
    return format_datetime(when, ZoneInfo(settings.get("time_zone")))


def _validated_address(text: str, field: str) -> str:
    try:
        return email_address.canonical_address(text.strip()) if text.strip() else ""
    except ValueError as error:
        raise ValidationError(str(error), field) from None
