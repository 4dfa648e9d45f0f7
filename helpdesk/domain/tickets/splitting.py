"""Splitting of a customer's message into a ticket of its own.

The message stays where it is, so that its copies in Slack and mail still belong to their thread. The new ticket begins
with the same words and copies of the files, and is announced as any new ticket is; nothing is sent to the old threads.
"""

from collections.abc import Sequence

from sqlalchemy import select

from helpdesk.domain import locking, tickets
from helpdesk.domain.errors import ConflictError
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import attachments, links, virus_scans
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.event import Event
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext, lazy_gettext

REFUSAL = lazy_gettext("Only what a customer wrote becomes a ticket of its own.")


def can_split(actor: User, message: Message) -> bool:
    """Whether ``actor`` may file a ticket from ``message``: the team, from what a customer wrote in public."""
    is_customers = not (message.from_team or message.is_note or message.deleted_at)
    return is_customers and permissions.can_manage(actor, message.ticket)


def find_requester(message: Message) -> User:
    """For whom the new ticket is: who wrote it, or the ticket's requester where that is no active person of theirs."""
    author, ticket = message.author, message.ticket
    is_theirs = author is not None and author.is_active and author.organization_id == ticket.organization_id
    return author if author is not None and is_theirs else ticket.requester


def list_files(message: Message, actor: User) -> list[attachments.StoredFile]:
    """Return the message's files that the new ticket gets. What was refused is left out.

    Raises PermissionDenied, and ConflictError while one is still being scanned.
    """
    message = locking.lock_message_if(message, lambda locked: can_split(actor, locked), str(REFUSAL))
    if any(file.state == virus_scans.SCANNING for file in message.attachments):
        raise ConflictError(str(virus_scans.WAITING))
    return [
        attachments.StoredFile(file.key, file.name, file.media_type)
        for file in message.attachments
        if file.state == virus_scans.STORED
    ]


def split_message(
    message: Message,
    *,
    subject: str,
    actor: User,
    files: Sequence[Attachment] = (),
    form_token: str | None = None,
) -> Ticket:
    """File a ticket from ``message`` for its author, linked with the one it is from; ``files`` are copies of those
    of list_files.

    Sent again, the same form gives the same ticket. Raises PermissionDenied, ValidationError, and ConflictError if the
    message is in a ticket of its own already.
    """
    message = locking.lock_message_if(message, lambda locked: can_split(actor, locked), str(REFUSAL))
    source = message.ticket
    if earlier := find_split(message):
        if form_token and earlier.form_token == form_token:
            return earlier
        raise ConflictError(gettext("This message is in a ticket already."), "subject")
    locking.share_user(find_requester(message))  # who moved away meanwhile is no longer the one found
    new = tickets.create_ticket(
        requester=find_requester(message),
        filed_by=actor,
        organization_id=source.organization_id,
        subject=subject,
        body=message.body,
        attachments=files,
        form_token=form_token,
        priority=source.priority,
    )
    of_new = select(Message).where(Message.ticket_id == new.id, Message.seq == tickets.FIRST_SEQ)
    first = db.session.scalars(of_new).one()
    for name in ("author_id", "author_name", "author_picture"):
        setattr(first, name, getattr(message, name))
    tickets.add_event(source, "split", actor, number=new.number, message=message.id)
    tickets.add_event(new, "split_from", actor, number=source.number)
    links.link_tickets(source, new, actor=actor)
    return new


def find_split(message: Message) -> Ticket | None:
    """Return the ticket that was filed from ``message``; None if there is none any more."""
    query = select(Event).where(Event.ticket_id == message.ticket_id, Event.kind == "split")
    for event in db.session.scalars(query.order_by(Event.seq)):
        if event.data.get("message") == message.id and (found := db.session.get(Ticket, event.data["number"])):
            return found
    return None
