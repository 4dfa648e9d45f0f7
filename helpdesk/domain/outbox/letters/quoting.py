"""A ticket and its public messages as a mail shows them."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from helpdesk import storage, urls
from helpdesk.channels.email import mails
from helpdesk.domain import settings, words
from helpdesk.domain.outbox.letters import readers
from helpdesk.extensions import db
from helpdesk.models.channels import Thread
from helpdesk.models.people import User
from helpdesk.models.sync import Delivery, State
from helpdesk.models.tickets import Attachment, Kind, Message, Ticket

CONTEXT = 5  # public messages below the new one
LARGEST_PICTURE = 100_000  # bytes; a larger one stays a link


def ticket(ticket: Ticket) -> mails.TicketRef:
    """The ticket as a mail names it, in the customer's words."""
    return mails.TicketRef(
        number=ticket.number,
        subject=ticket.subject,
        url=urls.ticket(ticket.number),
        organization=ticket.organization.name,
        status=words.status(ticket.status, for_team=False),
    )


def said(message: Message, reader: User, corrected: bool = False, pictures: bool = False) -> mails.Said:
    """One message on the reader's clock; small pictures inside where ``pictures`` and the setting say so."""
    ticket = message.ticket
    return mails.Said(
        who=message.speaker,
        body=message.body,
        when=readers.at(message.created_at, reader),
        side=settings.get("team_name") if message.from_team else ticket.organization.name,
        from_team=message.from_team,
        files=tuple(_file(attachment, message, pictures) for attachment in message.attachments),
        edited=message.edited_at is not None,
        corrected=corrected,
        html=str(message.html),
    )


def earlier(thread: Thread, reader: User, before: int | None = None) -> tuple[mails.Said, ...]:
    """The last public messages, newest first, up to the place ``before``; marked where they say something else than the
    mail that brought them."""
    messages = (
        select(Message)
        .where(Message.ticket_id == thread.ticket_id, Message.kind == Kind.reply, Message.deleted_at.is_(None))
        .options(joinedload(Message.author), selectinload(Message.attachments))
        .order_by(Message.seq.desc())
        .limit(CONTEXT)
    )
    if before is not None:
        messages = messages.where(Message.seq < before)
    found = list(db.session.scalars(messages))
    corrected = _corrected(thread, found)
    return tuple(said(message, reader, message.id in corrected) for message in found)


def _corrected(thread: Thread, messages: list[Message]) -> set[int]:
    """Those that were edited after a mail of this conversation had brought them."""
    edited = {message.id: message.edited_at for message in messages if message.edited_at}
    if not edited:
        return set()
    mailed = select(Delivery.message_id, Delivery.finished_at).where(
        Delivery.thread_id == thread.id, Delivery.state == State.sent, Delivery.message_id.in_(edited)
    )
    return {id for id, at in db.session.execute(mailed) if at and at < edited[id]}


def _file(attachment: Attachment, message: Message, pictures: bool) -> mails.File:
    content = None
    is_small = attachment.is_image and attachment.size <= LARGEST_PICTURE
    if pictures and is_small and settings.get("mail_inline_images"):
        try:
            content = storage.read(attachment.key)
        except (FileNotFoundError, storage.Unavailable):
            content = None
    url = urls.ticket(message.ticket_id, message.id)
    return mails.File(attachment.name, url, attachment.size, attachment.media_type, content)
