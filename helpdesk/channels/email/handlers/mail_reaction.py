"""Apply a mail that is a reaction to one of ours: it is put on the message, and opens no ticket again."""

from sqlalchemy import select

from helpdesk import config
from helpdesk.channels.email.parse.parsed_mail import ParsedMail
from helpdesk.channels.email.render import compose
from helpdesk.domain.tickets import reactions
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.thread import Thread
from helpdesk.models.user import User

MAX_TEXT_LENGTH = 400  # characters of the sentence beside the emoji, with its link; more is what somebody wrote


def is_reaction(mail: ParsedMail) -> bool:
    """Return whether the mail is a reaction and nothing else."""
    return bool(mail.reaction) and not mail.files and len(mail.body) <= MAX_TEXT_LENGTH


def add_reaction(mail: ParsedMail, thread: Thread, author: User) -> Message | None:
    """Put the reaction of ``author`` on the message that our mail was about, or on the newest public one where the mail
    was about the ticket. Returns the message; None where the mail answers none of ours in ``thread``. Raises
    PermissionDenied.
    """
    key = compose.extract_delivery_key(mail.in_reply_to, config.current().PORTAL_BASE_URL)
    delivery = db.session.scalar(select(Delivery).where(Delivery.key == key)) if key else None
    if delivery is None or delivery.thread_id != thread.id:
        return None
    message = delivery.message or _newest_message(thread)
    if message is not None:
        reactions.add_reaction(message, mail.reaction, author=author)
    return message


def _newest_message(thread: Thread) -> Message | None:
    public = Message.ticket_id == thread.ticket_id, Message.kind == MessageKind.reply, Message.deleted_at.is_(None)
    return db.session.scalar(select(Message).where(*public).order_by(Message.seq.desc()).limit(1))
