"""What is said on a ticket: replies everybody reads, notes only the team reads, and taking words back."""

from datetime import datetime

from sqlalchemy import bindparam, select

from helpdesk import after_commit, clock, rendering
from helpdesk.domain import outbox, permissions, settings
from helpdesk.domain.errors import Conflict, Invalid
from helpdesk.domain.tickets import consequences, progress, timeline
from helpdesk.extensions import db
from helpdesk.models.channels import Thread
from helpdesk.models.people import User
from helpdesk.models.tickets import Attachment, Kind, Message, MessageRevision, Ticket

LONGEST = 40_000  # characters of one message; Slack's own limit of a text

# Put together once: everything said asks one of these.
_message = Message.__table__
FROM_ORIGIN = select(_message.c.id).where(
    _message.c.origin_thread_id == bindparam("thread_id"), _message.c.origin_external_id == bindparam("external_id")
)
WITH_TOKEN = select(_message.c.id).where(
    _message.c.author_id == bindparam("author_id"), _message.c.form_token == bindparam("form_token")
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
    permissions.require(permissions.can_reply(author, ticket), "You may not reply on this ticket.")
    message, is_new = _say(
        ticket, Kind.reply, author, body, attachments, origin, origin_external_id, form_token, release_at=release_at
    )
    if is_new:
        progress.moved_by_reply(message.ticket, message)
        outbox.fan_out(message)
        consequences.said(message)
    return message


def note(
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
    permissions.require(permissions.can_note(author, ticket), "Only the team writes notes.")
    message, is_new = _say(ticket, Kind.note, author, body, attachments, origin, origin_external_id, form_token)
    if is_new:
        outbox.fan_out(message)
        consequences.said(message)
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
    permissions.require(origin.is_customers and origin.organization_id == ticket.organization_id)
    message, is_new = _say(ticket, Kind.reply, None, body, attachments, origin, origin_external_id, None, name, picture)
    if is_new:
        progress.moved_by_reply(message.ticket, message)
        outbox.fan_out(message)
        consequences.said(message)
    return message


def edit(message: Message, *, editor: User | None, body: str, kind: str | None = None) -> Message:
    """Replace what a message says, keeping the former words for the team. ``editor`` None: its author, outside.

    Raises NotAllowed, Invalid, and Conflict when it was deleted meanwhile.
    """
    if editor is not None:
        permissions.require(permissions.can_edit(editor, message), "Only the author can change a message.")
    ticket = timeline.lock(message.ticket)
    db.session.refresh(message)
    if message.deleted_at:
        raise Conflict("This message was deleted meanwhile.")
    body = clean(body, bool(message.attachments))
    if body == message.body:
        return message
    _keep_revision(message, editor)
    message.write(body)
    message.edited_at = clock.now()
    _retell(ticket)
    outbox.fan_out_edit(message)
    after_commit.touch(ticket, team_only=message.is_note)
    return message


def make_note(message: Message, *, editor: User) -> Message:
    """Take an agent's reply back while its mail still waits: from now on it is a note.

    It is removed from the threads customers read. Raises Conflict when the mail has left, because then it was read.
    """
    permissions.require(editor.is_team and permissions.can_work(editor, message.ticket), "Only the team can do this.")
    ticket = timeline.lock(message.ticket)
    db.session.refresh(message)
    if message.is_note:
        return message
    if not message.from_team or message.release_at is None or message.release_at <= clock.now():
        raise Conflict("Too late: this reply has already gone to the customer.")
    _keep_revision(message, editor)
    message.kind = Kind.note
    _retell(ticket)
    outbox.withdraw_from_customers(message)
    after_commit.touch(ticket)
    return message


def delete(message: Message, *, editor: User | None) -> Message:
    """Take a message's words away from everybody but the team, who may read them in its trail. ``editor`` None: outside."""
    if editor is not None:
        permissions.require(permissions.can_edit(editor, message), "Only the author can delete a message.")
    ticket = timeline.lock(message.ticket)
    db.session.refresh(message)
    if message.deleted_at:
        return message
    _keep_revision(message, editor)
    message.write("")
    message.deleted_at = clock.now()
    _retell(ticket)
    outbox.fan_out_deletion(message)
    after_commit.touch(ticket, team_only=message.is_note)
    return message


def _say(
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
    ticket = timeline.lock(timeline.living(ticket))
    earlier = _said_before(author, origin, origin_external_id, form_token)
    if earlier:
        return earlier, False
    if ticket.is_closed and kind == Kind.reply:
        raise Conflict("This ticket is closed. File a follow-up instead.", "body")
    body = clean(body, bool(attachments))
    from_team = bool(author and author.is_team)
    message = Message(
        ticket=ticket,
        ticket_id=ticket.id,
        organization_id=ticket.organization_id,
        seq=timeline.next_seq(ticket),
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
    message.write(body)
    for attachment in attachments:
        attachment.ticket_id = ticket.id
        attachment.organization_id = ticket.organization_id
    db.session.add(message)
    if kind == Kind.reply:
        ticket.updated_at = message.created_at  # a note leaves no trace where customers look, not even a time
        ticket.public_seq = message.seq
        ticket.excerpt = rendering.excerpt(body, 180)
        if from_team and ticket.first_response_at is None:
            ticket.first_response_at = message.created_at
        if not from_team:
            ticket.customer_replied_at = message.created_at
        if from_team and ticket.assignee_id is None and settings.get("assign_first_responder"):
            progress.assigned(ticket, author, actor=author)
    after_commit.touch(ticket, team_only=kind == Kind.note)
    return message, True


def _said_before(author, origin, origin_external_id, form_token) -> Message | None:
    if origin is not None and origin_external_id:
        id = db.session.scalar(FROM_ORIGIN, {"thread_id": origin.id, "external_id": origin_external_id})
    elif author is not None and form_token:
        id = db.session.scalar(WITH_TOKEN, {"author_id": author.id, "form_token": form_token})
    else:
        id = None
    return db.session.get(Message, id) if id else None


def clean(body: str, has_files: bool) -> str:
    """The body as it is kept; raises Invalid when it is empty or too long."""
    body = body.replace("\r\n", "\n").replace("\x00", "").strip()
    if not body and not has_files:
        raise Invalid("Write a message first.", "body")
    if len(body) > LONGEST:
        raise Invalid(f"A message has at most {LONGEST:,} characters; this one has {len(body):,}.", "body")
    return body


def _retell(ticket: Ticket) -> None:
    """Have the ticket's line in customers' lists say what its last public message says now, and nothing that was taken back."""
    db.session.flush()
    public = Message.ticket_id == ticket.id, Message.kind == Kind.reply
    last = select(Message).where(*public, Message.deleted_at.is_(None)).order_by(Message.seq.desc()).limit(1)
    message = db.session.scalar(last)
    ticket.excerpt = rendering.excerpt(message.body, 180) if message else ""
    ticket.public_seq = db.session.scalar(select(db.func.max(Message.seq)).where(*public)) or 0


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
