"""Changes of messages: editing, deleting, and turning a reply into a note."""

from collections.abc import Sequence

from sqlalchemy import case, func, select

from helpdesk import clock, live_events
from helpdesk.domain import locking, outbox
from helpdesk.domain.errors import ConflictError
from helpdesk.domain.notifications import events
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import messages, side_effects
from helpdesk.extensions import db
from helpdesk.markup import markdown_rendering
from helpdesk.models.message import Message, MessageKind, MessageRevision
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext


def edit_message(message: Message, *, editor: User | None, body: str, kind: str | None = None) -> Message:
    """Replace the body of a message; the former body is saved as a revision for the team.

    ``editor`` is None if its author edited it in Slack. Raises PermissionDenied, ValidationError, and ConflictError if
    it was deleted meanwhile.
    """
    message = locking.lock_message_if(
        message, lambda locked: _may_change(editor, locked), gettext("Only the author can change a message.")
    )
    if message.deleted_at:
        raise ConflictError(gettext("This message was deleted meanwhile."))
    if editor is None:
        messages.ensure_origin_is_active(message.ticket, _find_origin(message))
    ticket = message.ticket
    body = messages.clean_body(body, bool(message.attachments))
    if body == message.body:
        return message
    _save_revision(message, editor)
    before = message.body
    message.set_body(body)
    message.edited_at = clock.now()
    refresh_excerpt(ticket)
    messages.index_message(message)
    outbox.fan_out_edit(message)
    side_effects.on_message_changed(message)
    if message.is_note:
        events.on_note_edited(message, before)
    live_events.bump_version_and_publish(ticket, team_only=message.is_note, messages_only=True)
    return message


def convert_to_note(message: Message, *, editor: User, also_late: bool = False) -> Message:
    """Turn an agent's reply into a note before its mail is sent, and remove it from the threads that customers read.

    A held reply becomes a note for good. Raises PermissionDenied, and ConflictError after the mail was released,
    because it may have been read; with ``also_late`` what can still be taken back is.
    """
    message = locking.lock_message_if(
        message, lambda locked: permissions.can_manage(editor, locked.ticket), gettext("Only the team can do this.")
    )
    ticket = message.ticket
    if message.publish_at is not None and not message.deleted_at:
        message.publish_at = None
        outbox.fan_out_message(message)
        side_effects.on_message_added(message)
        live_events.bump_version_and_publish(ticket, team_only=True)
    if message.is_note or message.deleted_at:
        return message
    is_late = message.release_at is None or message.release_at <= clock.now()
    if not message.from_team or (is_late and not also_late):
        raise ConflictError(gettext("Too late: this reply has already gone to the customer."))
    _save_revision(message, editor)
    message.kind = MessageKind.note
    refresh_excerpt(ticket)
    messages.index_message(message)
    outbox.retract_from_customers(message)
    side_effects.on_message_made_internal(message)
    live_events.bump_version_and_publish(ticket)
    return message


def delete_message(message: Message, *, editor: User | None) -> Message:
    """Delete the body of a message; the team can still read it as a revision.

    ``editor`` is None if its author deleted it in Slack. Raises PermissionDenied.
    """
    message = locking.lock_message_if(
        message, lambda locked: _may_change(editor, locked), gettext("Only the author can delete a message.")
    )
    ticket = message.ticket
    if message.deleted_at:
        return message
    _save_revision(message, editor)
    message.set_body("")
    message.deleted_at = clock.now()
    refresh_excerpt(ticket)
    outbox.fan_out_deletion(message)
    side_effects.on_message_changed(message)
    live_events.bump_version_and_publish(ticket, team_only=message.is_note, messages_only=True)
    return message


def _find_origin(message: Message) -> Thread | None:
    return db.session.get(Thread, message.origin_thread_id) if message.origin_thread_id else None


def _may_change(editor: User | None, message: Message) -> bool:
    """Whether ``editor`` may edit or delete ``message``. None is its author, in the channel in which it was written.

    What was deleted meanwhile is refused to nobody: deleting it again changes nothing, and an edit has its own answer.
    """
    return (
        editor is None
        or permissions.can_edit(editor, message)
        or (message.deleted_at is not None and permissions.can_see(editor, message.ticket))
    )


def refresh_excerpt(ticket: Ticket) -> None:
    """Set the ticket's excerpt and ``last_public_seq`` from its last public message that is not deleted."""
    db.session.flush()
    public = Message.ticket_id == ticket.id, Message.kind == MessageKind.reply
    last = select(Message).where(*public, Message.deleted_at.is_(None)).order_by(Message.seq.desc()).limit(1)
    message = db.session.scalar(last)
    ticket.excerpt = markdown_rendering.make_excerpt(message.body, 180) if message else ""
    ticket.last_public_seq = db.session.scalar(select(db.func.max(Message.seq)).where(*public)) or 0


def refresh_excerpts(tickets: Sequence[Ticket]) -> None:
    """Do for many tickets what ``refresh_excerpt`` does for one. One query."""
    db.session.flush()
    shown = func.max(case((Message.deleted_at.is_(None), Message.seq)))
    last = (
        select(Message.ticket_id, func.max(Message.seq).label("seq"), shown.label("shown"))
        .where(Message.ticket_id.in_([ticket.id for ticket in tickets]), Message.kind == MessageKind.reply)
        .group_by(Message.ticket_id)
        .subquery()
    )
    is_shown = (Message.ticket_id == last.c.ticket_id) & (Message.seq == last.c.shown)
    query = select(last.c.ticket_id, last.c.seq, Message.body).outerjoin_from(last, Message, is_shown)
    found = {ticket_id: (seq, body) for ticket_id, seq, body in db.session.execute(query)}
    for ticket in tickets:
        ticket.last_public_seq, body = found.get(ticket.id, (0, None))
        ticket.excerpt = markdown_rendering.make_excerpt(body, 180) if body else ""


def _save_revision(message: Message, editor: User | None) -> None:
    db.session.add(
        MessageRevision(
            message_id=message.id,
            number=message.revision,
            kind=message.kind,
            body=message.body,
            replaced_by_id=editor.id if editor else message.author_id,
        )
    )
    message.revision += 1
