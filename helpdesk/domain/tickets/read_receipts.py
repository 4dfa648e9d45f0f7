"""Read receipts: up to which message a user has read a ticket."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from helpdesk import clock, live_events
from helpdesk.database import transactions
from helpdesk.domain import locking
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets.timeline_entries import TimelineEvent, TimelineMessage
from helpdesk.extensions import db
from helpdesk.models.message import MessageKind
from helpdesk.models.read_receipt import ReadReceipt
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Role, User, format_display_name

_receipt, _user, _ticket = ReadReceipt.__table__, User.__table__, Ticket.__table__
RECEIPTS_QUERY = (
    select(_receipt.c.seq, *_user.c["id", "name", "email"])
    .select_from(_receipt.join(_user))
    .where(_receipt.c.ticket_id == bindparam("ticket_id"), _user.c.role == Role.requester)
    .order_by(_receipt.c.at)
)


def _upsert_statement(insert: postgresql.Insert | sqlite.Insert) -> ReturningInsert[int]:
    """Insert a receipt, or update it if the new one is further. Returns no row if nothing changed."""
    values = {"seq": insert.excluded.seq, "at": insert.excluded.at}
    upsert = insert.on_conflict_do_update(
        index_elements=_receipt.primary_key, set_=values, where=_receipt.c.seq < insert.excluded.seq
    )
    return upsert.returning(_receipt.c.seq)


UPSERT_STATEMENTS = {
    "postgresql": _upsert_statement(postgresql.insert(_receipt)),
    "sqlite": _upsert_statement(sqlite.insert(_receipt)),
}
BUMP_VERSION_STATEMENT = (
    update(_ticket).where(_ticket.c.id == bindparam("ticket")).values(version=_ticket.c.version + 1)
)


@dataclass(frozen=True)
class PendingReadReceipt:
    """A read receipt as plain values, saved in a transaction after the one in which the page was rendered."""

    user_id: int
    ticket_id: int
    seq: int
    by_team: bool


def pending_read_receipt(ticket: Ticket, reader: User) -> PendingReadReceipt | None:
    """Return the receipt to save after ``reader`` was shown ``ticket``; None if it is saved already.

    ``ticket.read_seq`` is the saved number, if it was loaded with the ticket.
    """
    known = getattr(ticket, "read_seq", None)
    newest = ticket.next_seq - 1 if reader.is_team else ticket.last_public_seq
    return (
        None
        if known is not None and known >= newest
        else PendingReadReceipt(reader.id, ticket.id, newest, reader.is_team)
    )


def read_by(
    ticket: Ticket, timeline: Sequence[TimelineMessage | TimelineEvent], rows: Iterable[Sequence[Any]] | None = None
) -> dict[int, list[str]]:
    """Return, by message id, the names of the customers whose newest read public message it is.

    ``rows``: of RECEIPTS_QUERY for this ticket, where it was executed already.
    """
    if rows is None:
        rows = transactions.execute_core(RECEIPTS_QUERY, {"ticket_id": ticket.id})
    replies = [entry for entry in timeline if isinstance(entry, TimelineMessage) and entry.kind == MessageKind.reply]
    seen: dict[int, list[str]] = {}
    for seq, user_id, name, email in rows:
        read = [message for message in replies if message.seq <= seq]
        if read and read[-1].author_id != user_id:
            seen.setdefault(read[-1].id, []).append(format_display_name(name, email))
    return seen


def save_read_receipt(reading: PendingReadReceipt) -> bool:
    """Save a receipt; returns whether it was further than the saved one. A customer's is published to the team.

    A customer's is not saved if the ticket was moved or erased, or they stopped following it, since the page was made.
    """
    if not reading.by_team and not _is_still_visible(reading):
        return False
    upsert = UPSERT_STATEMENTS[db.session.get_bind().dialect.name]
    row = {"user_id": reading.user_id, "ticket_id": reading.ticket_id, "seq": reading.seq, "at": clock.now()}
    if db.session.execute(upsert, row).first() is None:
        return False
    if not reading.by_team:
        db.session.execute(BUMP_VERSION_STATEMENT, {"ticket": reading.ticket_id})
        live_events.publish_to_team(reading.ticket_id, messages_only=True)
    return True


def _is_still_visible(reading: PendingReadReceipt) -> bool:
    """Lock the ticket of a customer's receipt, whose version the receipt raises, then ask whether they still see it."""
    locked = locking.lock_tickets((reading.ticket_id,))
    reader = db.session.get(User, reading.user_id)
    return reader is not None and all(permissions.can_see(reader, ticket) for ticket in locked) and bool(locked)
