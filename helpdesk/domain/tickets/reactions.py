"""Reactions to messages, on the page and in the channels that have them.

Where they are put decides who sees them: on a note or in a thread of the team only the team does. A channel shows those
of other places by one reaction of its own for each emoji, in the threads whose readers may see it
(docs/adr/0025-reactions.md).
"""

from dataclasses import dataclass

from sqlalchemy import select

from helpdesk import clock, live_events
from helpdesk.database import insertion
from helpdesk.domain import locking
from helpdesk.domain.outbox import registry
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import messages
from helpdesk.domain.tickets.shown_reactions import ON_PAGE
from helpdesk.extensions import db
from helpdesk.models.message import Message
from helpdesk.models.reaction import Reaction
from helpdesk.models.thread import Thread
from helpdesk.models.user import User

CHOICES = ("👍", "👏", "❤️", "🎉", "😄", "🙏")  # what the page offers
MAX_REACTIONS = 200  # of one message
MAX_EMOJI_LENGTH = 100  # characters, as the column has


@dataclass(frozen=True)
class Outsider:
    """Somebody without an account: their id in the channel, and their name there."""

    id: str
    name: str


def set_reaction(message: Message, emoji: str, *, actor: User, is_added: bool = True) -> None:
    """Put ``emoji`` on the message as ``actor`` on the page, or take it away; the same twice changes nothing.

    Of CHOICES, or one that the message has already. Raises PermissionDenied.
    """
    message = locking.lock_message_if(message, lambda locked: _may_react(actor, locked))
    rows = _list_rows(message)
    mine = [row for row in rows if row.emoji == emoji and row.user_id == actor.id and row.thread_id == ON_PAGE]
    seen = {row.emoji for row in rows if actor.is_team or not row.team_only}
    permissions.ensure(emoji in CHOICES or emoji in seen, locking.REFUSAL)
    _change(message, emoji, None, actor, mine, is_added)


def add_reaction(message: Message, emoji: str, *, author: User) -> None:
    """Put ``emoji`` on the message as ``author`` on the page, who did so where it cannot be taken away, as in a mail.

    Raises PermissionDenied.
    """
    message = locking.lock_message_if(message, lambda locked: _may_react(author, locked))
    own = [row for row in _list_rows(message) if (row.emoji, row.user_id, row.thread_id) == (emoji, author.id, ON_PAGE)]
    _change(message, emoji, None, author, own, is_added=True)


def record_reaction(message: Message, emoji: str, *, thread: Thread, author: User | Outsider, is_added: bool) -> None:
    """Store that ``author`` put ``emoji`` on the copy of the message in ``thread``, or took it away.

    Raises PermissionDenied, and ConflictError if the thread is not the ticket's (any more).
    """
    is_user = isinstance(author, User)
    message = locking.lock_message_if(
        message,
        lambda locked: (
            _may_react(author, locked) if isinstance(author, User) else thread.is_customers and not locked.deleted_at
        ),
    )
    messages.ensure_origin_is_active(message.ticket, thread)
    rows = [
        row
        for row in _list_rows(message)
        if row.emoji == emoji
        and row.thread_id == thread.id
        and (row.user_id == author.id if is_user else row.outside_id == author.id)
    ]
    _change(message, emoji, thread, author, rows, is_added)


def list_shown(message: Message, thread: Thread) -> list[str]:
    """Return the emoji that ``thread`` is to show on its copy of the message, as they were put on elsewhere."""
    rows = _list_rows(message)
    return [emoji for emoji in dict.fromkeys(row.emoji for row in rows) if _is_shown(rows, emoji, message, thread)]


def _may_react(user: User, message: Message) -> bool:
    return not message.deleted_at and permissions.can_see(user, message.ticket) and permissions.can_read(user, message)


def _list_rows(message: Message) -> list[Reaction]:
    return list(db.session.scalars(select(Reaction).where(Reaction.message_id == message.id).order_by(Reaction.id)))


def _change(
    message: Message,
    emoji: str,
    thread: Thread | None,
    author: User | Outsider,
    own: list[Reaction],
    is_added: bool,
) -> None:
    """Add or remove the reaction of ``author``; ``own``: the rows that say they have it. The ticket is locked."""
    rows = _list_rows(message)
    if is_added == bool(own) or (is_added and (len(rows) >= MAX_REACTIONS or len(emoji) > MAX_EMOJI_LENGTH)):
        return
    if is_added:
        is_user = isinstance(author, User)
        new = Reaction(
            message_id=message.id,
            user_id=author.id if is_user else None,
            outside_id=None if is_user else author.id,
            name="" if is_user else author.name[:200],
            emoji=emoji,
            thread_id=thread.id if thread else ON_PAGE,
            team_only=message.is_note or (thread is not None and not thread.is_customers),
            created_at=clock.now(),
        )
        insertion.insert_unless_exists(
            new, ("message_id", "emoji", "user_id" if is_user else "outside_id", "thread_id")
        )
        changed, later = [new], [*rows, new]
    else:
        changed, later = own, [row for row in rows if row not in own]
        for row in own:
            db.session.delete(row)
    message.has_reactions = bool(later)
    db.session.flush()
    _show_elsewhere(message, emoji, rows, later)
    is_hidden = message.is_note or all(row.team_only for row in changed)
    live_events.bump_version_and_publish(message.ticket, team_only=is_hidden, messages_only=True)


def _show_elsewhere(message: Message, emoji: str, before: list[Reaction], after: list[Reaction]) -> None:
    """Let the channel of each open thread add its reaction, or remove it where the last one of other places went."""
    open_threads = select(Thread).where(Thread.ticket_id == message.ticket_id, Thread.ended_at.is_(None))
    for thread in db.session.scalars(open_threads.order_by(Thread.id)):
        was, now = (_is_shown(rows, emoji, message, thread) for rows in (before, after))
        if was != now:
            registry.get_channel(thread.channel.kind).enqueue_reaction(thread, message, emoji, is_added=now)


def _is_shown(rows: list[Reaction], emoji: str, message: Message, thread: Thread) -> bool:
    if message.is_note and thread.is_customers:
        return False
    return any(
        row.emoji == emoji and row.thread_id != thread.id and not (row.team_only and thread.is_customers)
        for row in rows
    )
