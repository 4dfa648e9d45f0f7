"""What an admin sets and checks about mail: the addresses it comes from, their DNS records, the lines out and in."""

import dataclasses
from dataclasses import dataclass

from sqlalchemy import select

from helpdesk import config, urls
from helpdesk.channels.email import address, check, compose, samples, signing
from helpdesk.channels.email import settings as channel_settings
from helpdesk.domain import audit, mailbox, outbox, permissions, senders, settings
from helpdesk.domain.errors import Invalid
from helpdesk.extensions import db
from helpdesk.models.people import Organization, User
from helpdesk.models.sync import Delivery


@dataclass(frozen=True)
class Sender:
    """One address mail comes from, and whose: None is everybody's system address."""

    email: str
    organization: Organization | None = None

    @property
    def domain(self) -> str:
        return address.domain_of(self.email)


def all_senders() -> list[Sender]:
    """The system address first, then organizations' own, whether switched on or not."""
    system = senders.system()
    own = select(Organization).where(Organization.from_address.is_not(None)).order_by(Organization.name)
    found = [Sender(system)] if system else []
    return found + [Sender(organization.from_address, organization) for organization in db.session.scalars(own)]


def set_system_address(text: str, *, actor: User | None) -> str:
    """Let mail come from ``text``; empty takes MAIL_DEFAULT_SENDER. Raises Invalid."""
    before, chosen = settings.get("system_email"), _address(text, "system_email")
    settings.set("system_email", chosen)
    if chosen != before:
        audit.write("changed the address mail comes from", actor, "Mail", old=before, new=chosen)
    return chosen


def set_own_address(organization: Organization, text: str, *, actor: User | None) -> str | None:
    """Let mail about the organization's tickets come from ``text``, or with "" from the system address. Raises Invalid."""
    before, chosen = organization.from_address, _address(text, "from_address") or None
    if chosen != before:
        organization.from_address = chosen
        db.session.flush()
        audit.write(
            "changed the address mail comes from", actor, organization.name, organization.id, old=before, new=chosen
        )
    return chosen


def records(email: str) -> list[check.Record]:
    """What must stand in the DNS of the address's domain (kind, name, value, why). Raises Invalid for an unusable DKIM key."""
    domain = address.domain_of(email)
    server = config.current().MAIL_SERVER
    servers = () if not server or channel_settings.is_this_machine(server) else (server,)
    try:
        return check.records(domain, signing.configured(domain), servers)
    except ValueError as error:
        raise Invalid(str(error)) from None


def check_records(email: str) -> list[check.Finding]:
    """Whether they do (ok, sentence). Asks the DNS, for some seconds at most each: hold no transaction."""
    return check.dns_records(records(email))


def check_lines() -> list[check.Finding]:
    """Whether the mail server and the mailbox answer, as far as that goes without sending. Hold no transaction."""
    outgoing = channel_settings.outgoing()
    findings = (
        check.smtp(outgoing)
        if outgoing.server
        else [check.Finding(False, "No mail server is configured (MAIL_SERVER).")]
    )
    try:
        box = channel_settings.imap()
    except ValueError as error:
        return [*findings, check.Finding(False, str(error))]
    return findings + (check.imap(box) if box else [])


def incoming() -> list[check.Finding]:
    """What is set up for mail that comes in, as sentences; nothing is asked."""
    current = config.current()
    if not current.INBOUND_MAIL_SECRET and not current.IMAP_URL:
        return [check.Finding(False, "Incoming mail is off: neither INBOUND_MAIL_SECRET nor IMAP_URL is set.")]
    found = []
    if current.INBOUND_MAIL_SECRET:
        found.append(check.Finding(True, f"A mail server may post mails to {urls.absolute('/hooks/email')}."))
    if current.IMAP_URL:
        trouble = mailbox.state().get("trouble")
        found.append(check.Finding(not trouble, trouble or "The mailbox of IMAP_URL is read every few seconds."))
    if current.INBOUND_MAIL_DOMAIN:
        found.append(check.Finding(True, f"Replies come to reply+…@{current.INBOUND_MAIL_DOMAIN}."))
    else:
        found.append(check.Finding(False, "Nobody can reply by mail: INBOUND_MAIL_DOMAIN is not set."))
    if current.INBOUND_AUTHSERV_ID:
        found.append(check.Finding(True, f"What {current.INBOUND_AUTHSERV_ID} says about a sender is believed."))
    else:
        found.append(check.Finding(True, "Who sent a mail is checked here, by DKIM and DMARC."))
    return found


def send_test(actor: User) -> Delivery:
    """Mail ``actor`` a test, through the outbox like every other mail."""
    permissions.require(permissions.can_administer(actor), "Only admins can do this.")
    return outbox.mail("mail_test", actor.id)


def previews() -> dict[str, compose.Preview]:
    """Every mail with made-up words (subject, text, html), in this installation's name, colour and address, by its name."""
    chosen = settings.everything()
    own = {
        "portal_name": chosen["portal_name"],
        "sender_name": chosen["team_name"],
        "accent": chosen["accent"],
        "sender": senders.system() or "help@portal.example",
    }
    return {
        name: compose.preview(dataclasses.replace(sample, envelope=dataclasses.replace(sample.envelope, **own)))
        for name, sample in samples.all().items()
    }


def _address(text: str, field: str) -> str:
    try:
        return address.canonical(text.strip()) if text.strip() else ""
    except ValueError as error:
        raise Invalid(str(error), field) from None
