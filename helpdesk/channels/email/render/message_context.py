"""Convert a ticket and its public messages to the values of a mail."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from helpdesk import clock, storage, urls
from helpdesk.channels.email.render import message_types, recipients
from helpdesk.domain import labels
from helpdesk.domain.administration import settings
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.delivery import Delivery, DeliveryState
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

CONTEXT_MESSAGES = 5  # public messages below the new one
MAX_PICTURE_BYTES = 100_000  # bytes; a larger one stays a link


def make_ticket_reference(ticket: Ticket) -> message_types.TicketRef:
    """Return the ticket's values for a mail, its status in the customer's terms."""
    return message_types.TicketRef(
        number=ticket.number,
        subject=ticket.subject,
        url=urls.ticket_url(ticket.number),
        organization=ticket.organization.name,
        status=labels.status_label(ticket.status, for_team=False),
    )


def quote_message(
    message: Message, reader: User, corrected: bool = False, pictures: bool = False
) -> message_types.QuotedMessage:
    """Return one message with times in the reader's time zone; small pictures inside where ``pictures`` and the setting
    allow it.
    """
    ticket = message.ticket
    return message_types.QuotedMessage(
        who=message.author_display_name,
        body=message.body,
        when=recipients.to_local_time(message.created_at, reader),
        side=settings.get("team_name") if message.from_team else ticket.organization.name,
        from_team=message.from_team,
        files=tuple(_make_file(attachment, message, pictures) for attachment in message.attachments),
        edited=message.edited_at is not None,
        corrected=corrected,
        html=str(message.html),
    )


def quote_earlier_messages(
    thread: Thread, reader: User, before: int | None = None
) -> tuple[message_types.QuotedMessage, ...]:
    """Return the last public messages, newest first, before the position ``before``; those edited since they were
    mailed are marked. What its author may still take back is left out.
    """
    is_released = Message.release_at.is_(None) | (Message.release_at <= clock.now())
    messages = (
        select(Message)
        .where(
            Message.ticket_id == thread.ticket_id,
            Message.kind == MessageKind.reply,
            Message.deleted_at.is_(None),
            is_released,
        )
        .options(joinedload(Message.author), selectinload(Message.attachments))
        .order_by(Message.seq.desc())
        .limit(CONTEXT_MESSAGES)
    )
    if before is not None:
        messages = messages.where(Message.seq < before)
    found = list(db.session.scalars(messages))
    corrected = _corrected_message_ids(thread, found)
    return tuple(quote_message(message, reader, message.id in corrected) for message in found)


def _corrected_message_ids(thread: Thread, messages: list[Message]) -> set[int]:
    """Return the ids of messages that were edited after a mail of this conversation had contained them."""
    edited = {message.id: message.edited_at for message in messages if message.edited_at}
    if not edited:
        return set()
    mailed = select(Delivery.message_id, Delivery.finished_at).where(
        Delivery.thread_id == thread.id, Delivery.state == DeliveryState.sent, Delivery.message_id.in_(edited)
    )
    return {id for id, at in db.session.execute(mailed) if at and at < edited[id]}


def _make_file(attachment: Attachment, message: Message, pictures: bool) -> message_types.FileLink:
    content = None
    is_small = attachment.is_image and attachment.size <= MAX_PICTURE_BYTES
    if pictures and is_small and settings.get("mail_inline_images"):
        try:
            content = storage.read(attachment.key)
        except (FileNotFoundError, storage.StorageUnavailable):
            content = None
    url = urls.ticket_url(message.ticket_id, message.id)
    return message_types.FileLink(attachment.name, url, attachment.size, attachment.media_type, content)
