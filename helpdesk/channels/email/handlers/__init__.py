"""What a mail means: a participant's reply, a new ticket, word of a mail that came back, or something for the team to
look at.

Everything about a mail must be proven before it speaks for somebody. Whatever is not is kept in
quarantine; nothing is thrown away, and nobody is ever answered automatically.
"""

from dataclasses import dataclass

from helpdesk.channels import email
from helpdesk.channels.email import settings as mail_settings
from helpdesk.channels.email.handlers import bounce, create_ticket, loop_guard, reply, sender_checks, thread_matching
from helpdesk.channels.email.parse.parsed_mail import ParsedMail
from helpdesk.domain.authentication import signed_links
from helpdesk.domain.errors import DomainError
from helpdesk.domain.inbox.results import Result
from helpdesk.domain.outbox import errors
from helpdesk.models.inbound_event import InboundEvent

MAX_DNS_ATTEMPTS = 8  # times, over half an hour, that a sender's DNS is asked before a mail goes to quarantine


@dataclass(frozen=True)
class ReceivedMail:
    """One mail as it came and as it reads."""

    heard: ParsedMail
    raw: bytes


def fetch_context(raw: bytes) -> ReceivedMail:
    """The mail, read; DNS may be asked who sent it."""
    return ReceivedMail(email.parse_mail(raw, mail_settings.incoming_mail_settings(signed_links.instances()))[0], raw)


def apply(inbound: InboundEvent, mail: ReceivedMail) -> Result:
    """Do what the mail means, or put it into quarantine with the reason. Raises Temporary to be asked again later."""
    heard = mail.heard
    inbound.payload = _summarize(heard)
    doubt = sender_checks.automatic_reason(heard)
    if doubt:
        inbound.payload = inbound.payload | {"kind": "automatic"}
        return bounce.handle_bounce(heard) or _quarantine_result(doubt, thread_matching.suggest_ticket_id(heard))
    thread = thread_matching.find_thread(heard)
    is_filing = thread is None and create_ticket.is_new_ticket(heard)
    doubt = sender_checks.sender_reason(heard)
    if (
        doubt
        and heard.authentication.result == "temperror"
        and inbound.attempts < MAX_DNS_ATTEMPTS
        and (thread or is_filing)
    ):
        raise errors.TemporaryError(doubt)
    doubt = doubt or (None if is_filing else sender_checks.thread_reason(heard, thread))
    if doubt:
        return _quarantine_result(doubt, thread.ticket_id if thread else thread_matching.suggest_ticket_id(heard))
    ticket_id = thread.ticket_id if thread else None
    stopped = loop_guard.exceeds_limit(inbound, heard, thread.ticket if thread else None)
    if stopped:
        return _quarantine_result(stopped, ticket_id)
    inbound.payload = inbound.payload | {"counted": True}
    try:
        message = (
            create_ticket.create_ticket(inbound.id, mail.raw, heard)
            if is_filing
            else reply.post_reply(inbound.id, mail.raw, heard, thread)
        )
    except DomainError as refusal:
        return _quarantine_result(refusal.message, ticket_id)
    return Result("done", "A new ticket." if is_filing else "A reply on the ticket.", message.ticket_id)


def _quarantine_result(reason: str, ticket_id: int | None) -> Result:
    return Result("quarantined", reason, ticket_id)


def _summarize(heard: ParsedMail) -> dict:
    """What a list of mails shows and the breaker compares, so that no raw mail need be read for it."""
    return {
        "kind": "person",
        "from": heard.author_id,
        "name": heard.author_name,
        "to": heard.channel_id,
        "subject": heard.subject,
        "proof": heard.authentication.reason,
        "files": len(heard.files),
        "body_hash": heard.body_hash if heard.body else "",
    }
