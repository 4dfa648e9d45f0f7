"""How far somebody has read a ticket."""

from dataclasses import dataclass

from sqlalchemy import Insert, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk import clock, live_events
from helpdesk.domain.tickets.timeline_entries import TimelineEvent, TimelineMessage
from helpdesk.extensions import db
from helpdesk.models.message import MessageKind
from helpdesk.models.read_receipt import ReadReceipt
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Role, User, format_display_name

_receipt, _user, _ticket = ReadReceipt.__table__, User.__table__, Ticket.__table__
RECEIPTS_QUERY = (
    select(_receipt.c.seq, _user.c["id", "name", "email"])
    .select_from(_receipt.join(_user))
    .where(_receipt.c.ticket_id == bindparam("ticket_id"), _user.c.role == Role.requester)
    .order_by(_receipt.c.at)
)


def _upsert_statement(dialect) -> Insert:
    mark = dialect.insert(_receipt)
    further = {"seq": mark.excluded.seq, "at": mark.excluded.at}
    written = mark.on_conflict_do_update(
        index_elements=_receipt.primary_key, set_=further, where=_receipt.c.seq < mark.excluded.seq
    )
    return written.returning(_receipt.c.seq)


UPSERT_STATEMENTS = {"postgresql": _upsert_statement(postgresql), "sqlite": _upsert_statement(sqlite)}
BUMP_VERSION_STATEMENT = (
    update(_ticket).where(_ticket.c.id == bindparam("ticket")).values(version=_ticket.c.version + 1)
)


@dataclass(frozen=True)
class PendingReadReceipt:
    """How far somebody has read a ticket: plain values, written in a transaction after the one in which it was shown."""

    user_id: int
    ticket_id: int
    seq: int
    by_team: bool


def pending_read_receipt(ticket: Ticket, reader: User) -> PendingReadReceipt | None:
    """What to remember of ``reader`` having had ``ticket`` before their eyes; None where it is known already.

    ``ticket.read_seq`` is their mark, where it was read with the ticket.
    """
    known = getattr(ticket, "read_seq", None)
    newest = ticket.next_seq - 1 if reader.is_team else ticket.last_public_seq
    return (
        None
        if known is not None and known >= newest
        else PendingReadReceipt(reader.id, ticket.id, newest, reader.is_team)
    )


def read_by(ticket: Ticket, timeline: list[TimelineMessage | TimelineEvent]) -> dict[int, list[str]]:
    """By message id, the names of the customers whose reading ended there: the newest public message each has seen."""
    replies = [entry for entry in timeline if not entry.is_event and entry.kind == MessageKind.reply]
    seen: dict[int, list[str]] = {}
    for seq, user_id, name, email in db.session.execute(RECEIPTS_QUERY, {"ticket_id": ticket.id}):
        read = [message for message in replies if message.seq <= seq]
        if read and read[-1].author_id != user_id:
            seen.setdefault(read[-1].id, []).append(format_display_name(name, email))
    return seen


def save_read_receipt(reading: PendingReadReceipt) -> bool:
    """Remember how far somebody has read; True if that is news. A customer's reading is shown to the team at once."""
    remember = UPSERT_STATEMENTS[db.session.get_bind().dialect.name]
    row = {"user_id": reading.user_id, "ticket_id": reading.ticket_id, "seq": reading.seq, "at": clock.now()}
    if db.session.execute(remember, row).first() is None:
        return False
    if not reading.by_team:
        db.session.execute(BUMP_VERSION_STATEMENT, {"ticket": reading.ticket_id})
        live_events.publish_to_team(reading.ticket_id)
    return True
