"""What is said on a ticket: replies everybody reads, notes only the team reads, and taking words back."""

from datetime import datetime

from sqlalchemy import bindparam, select

from helpdesk import clock, live_events
from helpdesk.domain import idempotency, outbox
from helpdesk.domain.administration import settings
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import side_effects, status, timeline
from helpdesk.extensions import db
from helpdesk.markup import markdown_rendering
from helpdesk.models.attachment import Attachment
from helpdesk.models.message import Message, MessageKind, MessageRevision
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

MAX_BODY_LENGTH = 40_000  # characters of one message; Slack's own limit of a text

# Put together once: everything said asks this.
_message = Message.__table__
MESSAGE_BY_ORIGIN_QUERY = select(_message.c.id).where(
    _message.c.origin_thread_id == bindparam("thread_id"), _message.c.origin_external_id == bindparam("external_id")
)


def reply(
    ticket: Ticket,
    *,
    author: User,
    body: str,
    origin: Thread | None = None,
    origin_external_id: str | None = None,
    form_token: str | None = None,
    attachments: list[Attachment] = (),
    release_at: datetime | None = None,
) -> Message:
    """Say ``body`` (Markdown) where everybody on the ticket reads it, and send it to every thread but ``origin``.

    ``form_token`` or ``origin_external_id`` make a second call with the same one return the first message. Mail waits until
    ``release_at``. Raises NotAllowed, Invalid, and Conflict on a closed ticket.
    """
    permissions.ensure(permissions.can_reply(author, ticket), "You may not reply on this ticket.")
    message, is_new = _add_message(
        ticket,
        MessageKind.reply,
        author,
        body,
        attachments,
        origin,
        origin_external_id,
        form_token,
        release_at=release_at,
    )
    if is_new:
        status.apply_reply_to_status(message.ticket, message)
        outbox.fan_out_message(message)
        side_effects.on_message_added(message)
    return message


def add_note(
    ticket: Ticket,
    *,
    author: User,
    body: str,
    origin: Thread | None = None,
    origin_external_id: str | None = None,
    form_token: str | None = None,
    attachments: list[Attachment] = (),
) -> Message:
    """Say ``body`` where only the team reads it; otherwise as ``reply``."""
    permissions.ensure(permissions.can_note(author, ticket), "Only the team writes notes.")
    message, is_new = _add_message(
        ticket, MessageKind.note, author, body, attachments, origin, origin_external_id, form_token
    )
    if is_new:
        outbox.fan_out_message(message)
        side_effects.on_message_added(message)
    return message


def reply_from_outside(
    ticket: Ticket,
    *,
    name: str,
    picture: str | None,
    body: str,
    origin: Thread,
    origin_external_id: str,
    attachments: list[Attachment] = (),
) -> Message:
    """A customer's words from a Slack channel we share with them, from somebody who is no user of ours (yet).

    The door has made sure that ``origin`` is that organization's own channel.
    """
    permissions.ensure(origin.is_customers and origin.organization_id == ticket.organization_id)
    message, is_new = _add_message(
        ticket, MessageKind.reply, None, body, attachments, origin, origin_external_id, None, name, picture
    )
    if is_new:
        status.apply_reply_to_status(message.ticket, message)
        outbox.fan_out_message(message)
        side_effects.on_message_added(message)
    return message


def edit_message(message: Message, *, editor: User | None, body: str, kind: str | None = None) -> Message:
    """Replace what a message says, keeping the former words for the team. ``editor`` None: its author, outside.

    Raises NotAllowed, Invalid, and Conflict when it was deleted meanwhile.
    """
    if editor is not None:
        permissions.ensure(permissions.can_edit(editor, message), "Only the author can change a message.")
    ticket = timeline.lock(message.ticket)
    db.session.refresh(message)
    if message.deleted_at:
        raise ConflictError("This message was deleted meanwhile.")
    body = clean_body(body, bool(message.attachments))
    if body == message.body:
        return message
    _keep_revision(message, editor)
    message.set_body(body)
    message.edited_at = clock.now()
    _refresh_excerpt(ticket)
    outbox.fan_out_edit(message)
    live_events.bump_version_and_publish(ticket, team_only=message.is_note)
    return message


def convert_to_note(message: Message, *, editor: User) -> Message:
    """Take an agent's reply back while its mail still waits: from now on it is a note.

    It is removed from the threads customers read. Raises Conflict when the mail has left, because then it was read.
    """
    permissions.ensure(editor.is_team and permissions.can_manage(editor, message.ticket), "Only the team can do this.")
    ticket = timeline.lock(message.ticket)
    db.session.refresh(message)
    if message.is_note:
        return message
    if not message.from_team or message.release_at is None or message.release_at <= clock.now():
        raise ConflictError("Too late: this reply has already gone to the customer.")
    _keep_revision(message, editor)
    message.kind = MessageKind.note
    _refresh_excerpt(ticket)
    outbox.retract_from_customers(message)
    live_events.bump_version_and_publish(ticket)
    return message


def delete_message(message: Message, *, editor: User | None) -> Message:
    """Take a message's words away from everybody but the team, who may read them in its trail. ``editor`` None: outside."""
    if editor is not None:
        permissions.ensure(permissions.can_edit(editor, message), "Only the author can delete a message.")
    ticket = timeline.lock(message.ticket)
    db.session.refresh(message)
    if message.deleted_at:
        return message
    _keep_revision(message, editor)
    message.set_body("")
    message.deleted_at = clock.now()
    _refresh_excerpt(ticket)
    outbox.fan_out_deletion(message)
    live_events.bump_version_and_publish(ticket, team_only=message.is_note)
    return message


def _add_message(
    ticket,
    kind,
    author,
    body,
    attachments,
    origin,
    origin_external_id,
    form_token,
    name="",
    picture=None,
    release_at=None,
) -> tuple[Message, bool]:
    ticket = timeline.lock(timeline.merge_target(ticket))
    earlier = _find_repeated_message(author, origin, origin_external_id, form_token)
    if earlier:
        return earlier, False
    if ticket.is_closed and kind == MessageKind.reply:
        raise ConflictError("This ticket is closed. File a follow-up instead.", "body")
    body = clean_body(body, bool(attachments))
    from_team = bool(author and author.is_team)
    message = Message(
        ticket=ticket,
        ticket_id=ticket.id,
        organization_id=ticket.organization_id,
        seq=timeline.take_next_seq(ticket),
        kind=kind,
        from_team=from_team,
        author=author,
        author_name=author.display_name if author else name,
        author_picture=picture,
        origin_thread_id=origin.id if origin else None,
        origin_external_id=origin_external_id,
        form_token=form_token,
        created_at=clock.now(),
        release_at=release_at,
        attachments=list(attachments),
    )
    message.set_body(body)
    for attachment in attachments:
        attachment.ticket_id = ticket.id
        attachment.organization_id = ticket.organization_id
    db.session.add(message)
    if kind == MessageKind.reply:
        ticket.updated_at = message.created_at  # a note leaves no trace where customers look, not even a time
        ticket.last_public_seq = message.seq
        ticket.excerpt = markdown_rendering.make_excerpt(body, 180)
        if from_team and ticket.first_response_at is None:
            ticket.first_response_at = message.created_at
        if not from_team:
            ticket.customer_replied_at = message.created_at
        if from_team and ticket.assignee_id is None and settings.get("assign_first_responder"):
            status.record_assignment(ticket, author, actor=author)
    live_events.bump_version_and_publish(ticket, team_only=kind == MessageKind.note)
    return message, True


def _find_repeated_message(author, origin, origin_external_id, form_token) -> Message | None:
    if origin is not None and origin_external_id:
        id = db.session.scalar(MESSAGE_BY_ORIGIN_QUERY, {"thread_id": origin.id, "external_id": origin_external_id})
    else:
        id = idempotency.find_message_id(author, form_token) if author is not None else None
    return db.session.get(Message, id) if id else None


def clean_body(body: str, has_files: bool) -> str:
    """The body as it is kept; raises Invalid when it is empty or too long."""
    body = body.replace("\r\n", "\n").replace("\x00", "").strip()
    if not body and not has_files:
        raise ValidationError("Write a message first.", "body")
    if len(body) > MAX_BODY_LENGTH:
        raise ValidationError(
            f"A message has at most {MAX_BODY_LENGTH:,} characters; this one has {len(body):,}.", "body"
        )
    return body


def _refresh_excerpt(ticket: Ticket) -> None:
    """Have the ticket's line in customers' lists say what its last public message says now, and nothing that was taken back."""
    db.session.flush()
    public = Message.ticket_id == ticket.id, Message.kind == MessageKind.reply
    last = select(Message).where(*public, Message.deleted_at.is_(None)).order_by(Message.seq.desc()).limit(1)
    message = db.session.scalar(last)
    ticket.excerpt = markdown_rendering.make_excerpt(message.body, 180) if message else ""
    ticket.last_public_seq = db.session.scalar(select(db.func.max(Message.seq)).where(*public)) or 0


def _keep_revision(message: Message, editor: User | None) -> None:
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
