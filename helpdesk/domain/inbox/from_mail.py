"""What a mail means: a participant's reply, or something for the team to look at (security.md §2.2, §2.3)."""

from sqlalchemy import select

from helpdesk import config
from helpdesk.channels import email
from helpdesk.channels.email import settings as mail_settings
from helpdesk.channels.values import Heard
from helpdesk.domain import access, links, tickets
from helpdesk.domain.errors import Refused
from helpdesk.domain.inbox.results import Result
from helpdesk.extensions import db
from helpdesk.models.channels import Thread
from helpdesk.models.sync import Inbound


def lane(payload: dict) -> str | None:
    """Mails are taken in any order."""
    return None


def understand(payload: dict, raw: bytes | None) -> list[Heard]:
    """The mail as one Heard."""
    current = config.current()
    incoming = mail_settings.Incoming(
        reply_domain=current.INBOUND_MAIL_DOMAIN,
        authserv_ids=(current.INBOUND_AUTHSERV_ID,) if current.INBOUND_AUTHSERV_ID else (),
        instance=links.instance(),
        verify_ourselves=not current.INBOUND_AUTHSERV_ID,
    )
    return email.parse(raw or b"", incoming)


def apply(inbound: Inbound, heard: list[Heard]) -> Result:
    """Reply on the ticket if everything about the mail is proven; otherwise it waits in quarantine for the team."""
    mail = heard[0]
    doubt = _doubt(mail)
    if doubt:
        return Result("quarantined", doubt)
    thread = _thread(mail)
    message = tickets.reply(
        thread.ticket, author=thread.user, body=mail.body, origin=thread, origin_external_id=mail.external_id[:255]
    )
    return Result("done", "A reply on the ticket.", message.ticket_id)


def refused(heard: list[Heard], refusal: Refused) -> list:
    return []


def _thread(mail: Heard) -> Thread | None:
    if not mail.thread_id:
        return None
    return db.session.scalar(select(Thread).where(Thread.token_hash == mail.thread_id))


def _doubt(mail: Heard) -> str | None:
    """Why this mail must not speak for anybody, or None."""
    if mail.data["unparsed"]:
        return mail.data["unparsed"]
    if mail.data["bounce"]:
        return "A bounce."
    if mail.data["own"] or mail.data["automatic"]:
        return mail.data["automatic"] or "One of our own mails came back."
    thread = _thread(mail)
    if thread is None:
        return "It names no conversation of ours."
    if mail.author_id != thread.user.email:
        return "It comes from somebody else than the one we wrote to."
    if mail.data["authentication"]["result"] != "pass":
        return f"Its sender is not proven: {mail.data['authentication']['reason']}"
    if thread.user.is_team or not access.may_receive(thread.user, thread.ticket):
        return "Its sender may not reply on this ticket."
    return None
