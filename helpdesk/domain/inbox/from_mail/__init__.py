"""What a mail means: a participant's reply, a new ticket, word of a mail that came back, or something for the team to look at.

Everything about a mail must be proven before it speaks for somebody (security.md §2.2, §2.3). Whatever is not is kept in
quarantine; nothing is thrown away, and nobody is ever answered automatically.
"""

from dataclasses import dataclass

from helpdesk.channels import email, errors
from helpdesk.channels.email import settings as mail_settings
from helpdesk.channels.values import Heard
from helpdesk.domain import links
from helpdesk.domain.errors import Refused
from helpdesk.domain.inbox.from_mail import bounces, breaker, doubts, filing, matching, replying
from helpdesk.domain.inbox.results import Result
from helpdesk.models.sync import Inbound

ASKED_AGAIN = 8  # times, over half an hour, that a sender's DNS is asked before a mail goes to quarantine


@dataclass(frozen=True)
class Mail:
    """One mail as it came and as it reads."""

    heard: Heard
    raw: bytes


def lane(payload: dict) -> str | None:
    """Mails are taken in any order."""
    return None


def understand(payload: dict, raw: bytes | None) -> Mail:
    """The mail, read; DNS may be asked who sent it."""
    raw = raw or b""
    return Mail(email.parse(raw, mail_settings.incoming(links.instance()))[0], raw)


def apply(inbound: Inbound, mail: Mail) -> Result:
    """Do what the mail means, or put it into quarantine with the reason. Raises Temporary to be asked again later."""
    heard = mail.heard
    inbound.payload = _summary(heard)
    doubt = doubts.machine(heard)
    if doubt:
        inbound.payload = inbound.payload | {"kind": "automatic"}
        return bounces.take(heard) or _quarantined(doubt, matching.suggested(heard))
    thread = matching.thread(heard)
    is_filing = thread is None and filing.is_meant(heard)
    doubt = doubts.sender(heard)
    if (
        doubt
        and heard.data["authentication"]["result"] == "temperror"
        and inbound.attempts < ASKED_AGAIN
        and (thread or is_filing)
    ):
        raise errors.Temporary(doubt)
    doubt = doubt or (None if is_filing else doubts.conversation(heard, thread))
    if doubt:
        return _quarantined(doubt, thread.ticket_id if thread else matching.suggested(heard))
    ticket_id = thread.ticket_id if thread else None
    stopped = breaker.trips(inbound, heard, thread.ticket if thread else None)
    if stopped:
        return _quarantined(stopped, ticket_id)
    inbound.payload = inbound.payload | {"counted": True}
    try:
        message = (
            filing.file(inbound.id, mail.raw, heard)
            if is_filing
            else replying.reply(inbound.id, mail.raw, heard, thread)
        )
    except Refused as refusal:
        return _quarantined(refusal.sentence, ticket_id)
    return Result("done", "A new ticket." if is_filing else "A reply on the ticket.", message.ticket_id)


def refused(mail: Mail, refusal: Refused) -> list:
    """Nobody is told: automatic mail would answer mail."""
    return []


def _quarantined(reason: str, ticket_id: int | None) -> Result:
    return Result("quarantined", reason, ticket_id)


def _summary(heard: Heard) -> dict:
    """What a list of mails shows and the breaker compares, so that no raw mail need be read for it."""
    return {
        "kind": "person",
        "from": heard.author_id,
        "name": heard.data["author_name"],
        "to": heard.channel_id,
        "subject": heard.data["subject"],
        "proof": heard.data["authentication"]["reason"],
        "files": len(heard.files),
        "body_hash": heard.data["body_hash"] if heard.body else "",
    }
