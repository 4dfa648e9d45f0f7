"""New messages of a ticket: public replies, and notes for the team."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm.attributes import set_committed_value

from helpdesk import clock, live_events
from helpdesk.database import insertion, updating
from helpdesk.domain import idempotency, locking, outbox
from helpdesk.domain.administration import settings
from helpdesk.domain.authentication import private_links
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import permissions
from helpdesk.domain.search_index import entries
from helpdesk.domain.tickets import change_listeners, side_effects, status, timeline
from helpdesk.extensions import db
from helpdesk.markup import markdown_rendering
from helpdesk.models.attachment import Attachment
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import format_number, gettext, lazy_gettext

REPLY_REFUSAL = lazy_gettext("You may not reply on this ticket.")
ENDED_THREAD = lazy_gettext("This thread no longer belongs to its ticket, so what you wrote was not sent to anybody.")
MAX_BODY_LENGTH = 40_000  # characters of one message; Slack's limit of a text
# Also those that Word, slides and pages put between lines of copied text; a page shows nothing in their place.
_LINE_BREAK = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")

# Built once, because every message from Slack executes it.
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
    attachments: Sequence[Attachment] = (),
    release_at: datetime | None = None,
    is_automatic: bool = False,
) -> Message:
    """Add a public reply with ``body`` (Markdown), and send it to every thread except ``origin``.

    A second call with the same ``form_token`` or ``origin_external_id`` returns the first message. Mail is not sent
    before ``release_at``, and a reply without ``origin`` leaves nowhere before it. ``is_automatic``: a rule sends
    it, so it is no first response and changes neither assignee nor status. Raises PermissionDenied,
    ValidationError, and ConflictError on a closed ticket.
    """
    message, stored = add_message(
        lock_for_message(ticket, origin, author, permissions.can_reply, REPLY_REFUSAL),
        MessageKind.reply,
        author,
        body,
        attachments,
        origin,
        origin_external_id,
        form_token,
        release_at=release_at,
        is_automatic=is_automatic,
    )
    if stored:
        if not is_automatic:
            status.apply_reply_to_status(message.ticket, message)
        _announce(message, stored)
        change_listeners.after_reply(message)
    return message


def add_note(
    ticket: Ticket,
    *,
    author: User,
    body: str,
    origin: Thread | None = None,
    origin_external_id: str | None = None,
    form_token: str | None = None,
    attachments: Sequence[Attachment] = (),
) -> Message:
    """Add a note that only the team reads; otherwise like ``reply``, but also on a closed ticket."""
    ticket = lock_for_message(ticket, origin, author, permissions.can_note, gettext("Only the team writes notes."))
    message, stored = add_message(
        ticket, MessageKind.note, author, body, attachments, origin, origin_external_id, form_token
    )
    if stored:
        _announce(message, stored)
    return message


def reply_from_outside(
    ticket: Ticket,
    *,
    name: str,
    picture: str | None,
    body: str,
    origin: Thread,
    origin_external_id: str,
    attachments: Sequence[Attachment] = (),
) -> Message:
    """Add a public reply by somebody without an account, from a Slack channel shared with the customer.

    Raises PermissionDenied unless ``origin`` is a customer's thread, and ConflictError if it is not the ticket's (any
    more).
    """
    ticket = locking.lock_merge_target(ticket)
    permissions.ensure(origin.is_customers, REPLY_REFUSAL)
    ensure_origin_is_active(ticket, origin)
    message, stored = add_message(
        ticket, MessageKind.reply, None, body, attachments, origin, origin_external_id, None, name, picture
    )
    if stored:
        status.apply_reply_to_status(message.ticket, message)
        _announce(message, stored)
        change_listeners.after_reply(message)
    return message


def _announce(message: Message, stored: Row[*tuple[Any, ...]]) -> None:
    """Write the ticket's row as the new ``message`` left it, and let everybody know who has to."""
    updating.write_changes(message.ticket)
    outbox.fan_out_message(message)
    side_effects.on_message_added(message, has_webhooks=stored.has_webhooks, has_watchers=stored.has_watchers)


def ensure_origin_is_active(ticket: Ticket, origin: Thread | None) -> None:
    """Raise ConflictError if ``origin`` is in the channel of another organization, from which a ticket was moved."""
    if origin is not None and origin.channel.organization_id not in (None, ticket.organization_id):
        raise ConflictError(ENDED_THREAD)


def lock_for_message(
    ticket: Ticket, origin: Thread | None, author: User, may: Callable[[User, Ticket], bool], refusal: str
) -> Ticket:
    """Lock the ticket that a message to ``ticket`` is added to, reload its author, then ask whether it may be.

    Raises ConflictError if it was merged into a ticket that the author may not see, or if ``origin`` is no longer its.
    """
    locked = locking.lock_merge_target(ticket)
    author = locking.share_user(author)
    if locked.id != ticket.id and not may(author, locked):
        permissions.ensure(may(author, ticket), refusal)
        raise ConflictError(gettext("This ticket is closed. File a follow-up instead."), "body")
    permissions.ensure(may(author, locked), refusal)
    ensure_origin_is_active(locked, origin)
    return locked


def add_message(
    ticket: Ticket,
    kind: MessageKind,
    author: User | None,
    body: str,
    attachments: Sequence[Attachment],
    origin: Thread | None,
    origin_external_id: str | None,
    form_token: str | None,
    name: str = "",
    picture: str | None = None,
    release_at: datetime | None = None,
    is_automatic: bool = False,
) -> tuple[Message, Row[*tuple[Any, ...]] | None]:
    """Add a message to a locked ticket. ``name``, ``picture``: without author.

    Returns it, and what its statement answered (``side_effects.ASKED_WITH_MESSAGE``); None if it is not new.
    """
    try:
        if ticket.is_closed and kind == MessageKind.reply:
            raise ConflictError(gettext("This ticket is closed. File a follow-up instead."), "body")
        body = clean_body(body, bool(attachments))
    except (ConflictError, ValidationError):
        if earlier := _find_repeated_message(author, origin, origin_external_id, form_token):
            return earlier, None
        raise
    from_team = bool(author and author.is_team)
    message = Message(
        ticket_id=ticket.id,
        organization_id=ticket.organization_id,
        seq=ticket.next_seq,
        kind=kind,
        from_team=from_team,
        author_id=author.id if author else None,
        author_name=author.display_name if author else name,
        author_picture=picture,
        origin_thread_id=origin.id if origin else None,
        origin_external_id=origin_external_id,
        form_token=form_token,
        created_at=clock.now(),
        release_at=release_at,
    )
    message.set_body(body)
    stored = store_message(message, ticket, author, attachments)
    if stored is None:
        earlier = _find_repeated_message(author, origin, origin_external_id, form_token)
        if earlier is None:
            raise ConflictError(locking.ERASED)
        return earlier, None
    timeline.take_next_seq(ticket)
    if kind == MessageKind.reply:
        record_reply(ticket, message, is_automatic=is_automatic)
    is_first_response = ticket.first_response_at == message.created_at
    live_events.bump_version_and_publish(
        ticket, team_only=kind == MessageKind.note, messages_only=not is_first_response
    )
    index_message(message)
    return message, stored


def store_message(
    message: Message, ticket: Ticket, author: User | None, attachments: Sequence[Attachment]
) -> Row[*tuple[Any, ...]] | None:
    """Insert a new message of a locked ticket; None if its form or its external message is stored already."""
    is_from_outside = message.origin_thread_id is not None and message.origin_external_id is not None
    unique = ("origin_thread_id", "origin_external_id") if is_from_outside else ("author_id", "form_token")
    stored = insertion.insert_unless_exists(message, unique, side_effects.ASKED_WITH_MESSAGE)
    if stored is None:
        return None
    for name, value in (("ticket", ticket), ("author", author), ("attachments", [])):
        set_committed_value(message, name, value)
    if "messages" in vars(ticket):
        db.session.expire(ticket, ["messages"])
    message.attachments.extend(attachments)
    for attachment in attachments:
        attachment.ticket_id = ticket.id
        attachment.organization_id = ticket.organization_id
    return stored


def record_reply(ticket: Ticket, message: Message, *, is_automatic: bool = False) -> None:
    """Record on a locked ticket that ``message`` is its newest public one. Customers see these times."""
    author, from_team = message.author, message.from_team
    ticket.updated_at = message.created_at
    ticket.last_public_seq = message.seq
    ticket.excerpt = markdown_rendering.make_excerpt(message.body, 180)
    if is_automatic:
        return
    if from_team and ticket.first_response_at is None:
        ticket.first_response_at = message.created_at
    if not from_team:
        ticket.customer_replied_at = message.created_at
    if author and from_team and ticket.assignee_id is None and settings.get("assign_first_responder"):
        status.record_assignment(ticket, author, actor=author)


def _find_repeated_message(
    author: User | None, origin: Thread | None, origin_external_id: str | None, form_token: str | None
) -> Message | None:
    if origin is not None and origin_external_id:
        id = db.session.scalar(MESSAGE_BY_ORIGIN_QUERY, {"thread_id": origin.id, "external_id": origin_external_id})
    else:
        id = idempotency.find_message_id(author, form_token) if author is not None else None
    return db.session.get(Message, id) if id else None


def index_message(message: Message) -> None:
    """Write the search entries of a message that is stored already, in place of earlier ones."""
    names = [attachment.name for attachment in message.attachments]
    entries.write_entries(
        entries.message_entries(
            message.ticket_id, message.organization_id, message.seq, message.body, names, message.is_note
        )
    )


def clean_body(body: str, has_files: bool) -> str:
    """Return the body to store, without the private links of the mail it may quote, each of its line breaks as "\\n".
    Raises ValidationError if it is empty (without files) or too long.
    """
    body = private_links.cut(_LINE_BREAK.sub("\n", body).replace("\x00", "").strip())
    if not body and not has_files:
        raise ValidationError(gettext("Write a message first."), "body")
    if len(body) > MAX_BODY_LENGTH:
        raise ValidationError(
            gettext(
                "A message has at most %(most_body_length)s characters; this one has %(count)s.",
                most_body_length=format_number(MAX_BODY_LENGTH),
                count=format_number(len(body)),
            ),
            "body",
        )
    return body
