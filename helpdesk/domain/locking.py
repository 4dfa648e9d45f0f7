"""Row locks: the one order in which rows are locked, and the rule "lock, then ask for permission".

The order, for everything that changes more than one row (docs/adr/0011-lock-then-ask.md):

1. inbound events, by id,
2. tickets, by id,
3. deliveries, by id,
4. everything else.

A ticket's lock protects its messages, events, followers, answers and threads too. Who changes a delivery that belongs
to a ticket therefore locks the ticket first. A function that changes a ticket for a person calls one of the functions
here that take ``allowed``: between loading a page and pressing a button the ticket may have been moved to another
organization, merged or closed, so the question is only asked about the locked, reloaded row.

A ticket that the open transaction has locked is neither locked nor read a second time by ``lock_ticket`` and
``lock_merge_target``, as nobody else can have changed it: a page that adds a message locks it when it loads it.

SQLite has one write lock, which a transaction takes when it begins; the same functions reload the rows there.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, select

from helpdesk.database import transactions
from helpdesk.database.loaded_rows import LoadedColumns
from helpdesk.domain.errors import ConflictError, PermissionDenied
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import lazy_gettext

REFUSAL = lazy_gettext("You may not do this.")
LOCKED_KEY = "locked_ticket"  # in the session's ``info``: the transaction that locked, and the ticket's id
ERASED = lazy_gettext("This is gone: it was taken back or erased meanwhile.")

# Built once, because every change of a ticket executes one of these.
LOCK_TICKET_QUERY = (
    select(Ticket)
    .where(Ticket.id == bindparam("ticket_id"))
    .with_for_update(of=Ticket)
    .execution_options(populate_existing=True)
)
LOCK_FREE_TICKET_QUERY = LOCK_TICKET_QUERY.where(Ticket.merged_into_id.is_(None)).with_for_update(
    of=Ticket, skip_locked=True
)
MERGED_INTO_QUERY = select(Ticket.merged_into_id, Ticket.organization_id).where(Ticket.id == bindparam("ticket_id"))
LOCK_TICKETS_QUERY = (
    select(Ticket)
    .where(Ticket.id.in_(bindparam("ticket_ids", expanding=True)))
    .order_by(Ticket.id)
    .with_for_update(of=Ticket)
    .execution_options(populate_existing=True)
)
LOCK_TICKETS_OF_DELIVERIES_QUERY = (
    select(Ticket.__table__.c.id)
    .where(
        Ticket.__table__.c.id.in_(
            select(Thread.__table__.c.ticket_id)
            .join(Delivery.__table__, Delivery.__table__.c.thread_id == Thread.__table__.c.id)
            .where(Delivery.__table__.c.id.in_(bindparam("delivery_ids", expanding=True)))
        )
    )
    .order_by(Ticket.__table__.c.id)
    .with_for_update(of=Ticket.__table__, key_share=True)
)
LOCK_MESSAGE_QUERY = (
    select(Message).where(Message.id == bindparam("message_id")).execution_options(populate_existing=True)
)
KEEP_TICKET_QUERY = (
    select(Ticket.__table__.c.id)
    .where(Ticket.__table__.c.id == bindparam("ticket_id"))
    .with_for_update(of=Ticket.__table__, read=True, key_share=True)
)
_user_columns = LoadedColumns(User)
SHARE_USER_QUERY = (
    select(*_user_columns.columns).where(User.id == bindparam("user_id")).with_for_update(of=User, read=True)
)


def lock_ticket(ticket: Ticket) -> Ticket:
    """Lock the ticket's row until the transaction ends, and reload its columns. For what the system does by itself.

    Raises ConflictError if the ticket was erased meanwhile; so do the others.
    """
    return ticket if _is_locked(ticket) else _note_lock(_lock(ticket.id))


def lock_ticket_if(ticket: Ticket, allowed: Callable[[Ticket], bool], refusal: str = REFUSAL) -> Ticket:
    """Lock the ticket, then ask ``allowed`` about the reloaded row. Raises PermissionDenied with ``refusal``."""
    locked = lock_ticket(ticket)
    _ensure(allowed(locked), refusal)
    return locked


def lock_merge_target(ticket: Ticket) -> Ticket:
    """Lock the ticket that ``ticket`` was merged into, else itself. The caller then asks for permission.

    Only one ticket stays locked: if it turns out to have been merged while its lock was waited for, that lock is given
    back before the next is taken, so that nobody holds a newer ticket while waiting for an older one.
    """
    if _is_locked(ticket) and ticket.merged_into_id is None:
        return ticket
    locked = db.session.scalars(LOCK_FREE_TICKET_QUERY, {"ticket_id": ticket.id}).one_or_none()
    if locked is not None:
        return _note_lock(locked)
    while locked is None or _is_merged(locked):
        with db.session.begin_nested() as savepoint:
            locked = _lock(_read_merge_target_id(ticket.id))
            if _is_merged(locked):
                savepoint.rollback()
    return locked


def lock_free_ticket(query: Select[Ticket], parameters: Mapping[str, Any]) -> Ticket | None:
    """Lock the ticket that ``query`` finds, which is built by ``locks_free_ticket``; None if there is no such.

    The query asks for permission itself, about the row as it is once it is locked.
    """
    locked = db.session.scalars(query, parameters).one_or_none()
    return None if locked is None else _note_lock(locked)


def locks_free_ticket(query: Select[Ticket]) -> Select[Ticket]:
    """Return ``query`` for one ticket so that it locks it, unless it was merged or somebody holds its lock."""
    free = query.where(Ticket.merged_into_id.is_(None)).with_for_update(of=Ticket, skip_locked=True)
    return free.execution_options(populate_existing=True)


def lock_tickets(ids: Iterable[int]) -> list[Ticket]:
    """Lock several tickets in the order of their ids, and reload them. Those that no longer exist are left out."""
    return list(db.session.scalars(LOCK_TICKETS_QUERY, {"ticket_ids": sorted(set(ids))}))


def lock_both_if(
    one: Ticket, other: Ticket, allowed: Callable[[Ticket], bool], refusal: str = REFUSAL
) -> tuple[Ticket, Ticket]:
    """Lock two tickets, then ask ``allowed`` about each. Returns the older and the newer. Raises PermissionDenied."""
    locked = lock_tickets((one.id, other.id))
    if len(locked) != 2:
        raise ConflictError(ERASED)
    _ensure(all(allowed(each) for each in locked), refusal)
    return locked[0], locked[1]


def lock_message_if(message: Message, allowed: Callable[[Message], bool], refusal: str = REFUSAL) -> Message:
    """Lock the message's ticket and reload both, then ask ``allowed``. Raises PermissionDenied with ``refusal``."""
    lock_ticket(message.ticket)
    reloaded = db.session.scalars(LOCK_MESSAGE_QUERY, {"message_id": message.id}).one_or_none()
    if reloaded is None:
        raise ConflictError(ERASED)
    _ensure(allowed(reloaded), refusal)
    return reloaded


def keep_ticket(ticket: Ticket) -> None:
    """Let nobody erase the ticket until the transaction ends, as a row that refers to it needs it."""
    if db.session.execute(KEEP_TICKET_QUERY, {"ticket_id": ticket.id}).first() is None:
        raise ConflictError(ERASED)


def share_user(user: User) -> User:
    """Reload ``user`` and keep their organization and role as they are until the transaction ends."""
    return _user_columns.reload(transactions.execute_core(SHARE_USER_QUERY, {"user_id": user.id}).one())


def lock_tickets_of(delivery_ids: Iterable[int]) -> None:
    """Lock the tickets that these deliveries belong to, by id; their rows are not loaded.

    SQLite needs no row locks, since it allows only one writer.
    """
    if db.session.get_bind().dialect.name != "sqlite":
        db.session.execute(LOCK_TICKETS_OF_DELIVERIES_QUERY, {"delivery_ids": sorted(set(delivery_ids))})


def lock_deliveries(*conditions: ColumnElement[bool]) -> list[Delivery]:
    """Lock the deliveries that meet all conditions, by id, and reload them. Their tickets are locked already."""
    locked = select(Delivery).where(*conditions).order_by(Delivery.id).with_for_update(of=Delivery)
    return list(db.session.scalars(locked.execution_options(populate_existing=True)))


def _ensure(allowed: bool, refusal: str) -> None:
    if not allowed:
        raise PermissionDenied(refusal)


def _lock(ticket_id: int) -> Ticket:
    locked = db.session.scalars(LOCK_TICKET_QUERY, {"ticket_id": ticket_id}).one_or_none()
    if locked is None:
        raise ConflictError(ERASED)
    return locked


def _note_lock(locked: Ticket) -> Ticket:
    session = db.session()
    if not session.in_nested_transaction():  # the end of a savepoint may give the lock back
        session.info[LOCKED_KEY] = (session.get_transaction(), locked.id)
    return locked


def _is_locked(ticket: Ticket) -> bool:
    session = db.session()
    return session.info.get(LOCKED_KEY) == (session.get_transaction(), ticket.id) and ticket in session


def _is_merged(ticket: Ticket) -> bool:
    return ticket.merged_into_id is not None and _read_merge_target_id(ticket.id) != ticket.id


def _read_merge_target_id(ticket_id: int) -> int:
    """Return the id of ``find_merge_target``, as the database has it now, whatever is loaded."""
    row = db.session.execute(MERGED_INTO_QUERY, {"ticket_id": ticket_id}).one_or_none()
    while row is not None and row.merged_into_id is not None:
        following = db.session.execute(MERGED_INTO_QUERY, {"ticket_id": row.merged_into_id}).one_or_none()
        if following is None or following.organization_id != row.organization_id:
            break
        ticket_id, row = row.merged_into_id, following
    return ticket_id


def find_merge_target(ticket: Ticket) -> Ticket:
    """Return the ticket that ``ticket`` was merged into, else itself; never one of another organization."""
    while ticket.merged_into is not None and ticket.merged_into.organization_id == ticket.organization_id:
        ticket = ticket.merged_into
    return ticket
