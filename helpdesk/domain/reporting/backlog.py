"""How many tickets were open at a time. A ticket that was reopened counts as open all along."""

from datetime import datetime

from sqlalchemy import ColumnElement, CompoundSelect, and_, func, or_, select, text, union_all

from helpdesk.domain.reporting import metrics
from helpdesk.domain.reporting.definition import Conditions
from helpdesk.extensions import db
from helpdesk.models.statuses import DONE, UNSOLVED, UNSOLVED_SQL, WaitingOn, statuses_waiting_on
from helpdesk.models.ticket import Ticket


def count_backlog(where: Conditions = ()) -> int:
    """Return the number of tickets that are open now."""
    return db.session.scalar(select(func.count()).select_from(Ticket).where(is_open_now(), *where)) or 0


def is_done_since(moment: datetime) -> ColumnElement[bool]:
    """The condition that a ticket was solved, or closed without that, at ``moment`` or later."""
    return or_(Ticket.solved_at >= moment, and_(metrics.IS_DONE_UNSOLVED, Ticket.closed_at >= moment))


def open_since(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    """Conditions of which a ticket meets one if it was open at ``moment`` or later, and no ticket meets two.

    They are apart, not joined by OR, because each has an index: together they would read every ticket ever filed.
    """
    is_done = Ticket.status.in_(DONE)
    return (
        is_open_now(),
        and_(is_done, Ticket.solved_at >= moment),
        and_(is_done, metrics.IS_DONE_UNSOLVED, Ticket.closed_at >= moment),
    )


def done_in(begin: datetime, end: datetime) -> tuple[ColumnElement[bool], ...]:
    """Conditions of which a ticket meets one if it was done from ``begin`` until ``end``, and no ticket meets two."""
    times = (Ticket.solved_at, Ticket.closed_at)
    return tuple(and_(since, time < end) for since, time in zip(open_since(begin)[1:], times, strict=True))


def select_open_at(moment: datetime, where: Conditions = ()) -> CompoundSelect[int]:
    """The ids of the tickets that were open at ``moment``, or are open now where that is to come."""
    tickets = select(Ticket.id).where(Ticket.created_at < moment, *where)
    return union_all(*(tickets.where(part) for part in open_since(moment)))


def is_open_now() -> ColumnElement[bool]:
    """The condition that a ticket is open."""
    return text(f"tickets.{UNSOLVED_SQL}")  # type: ignore[return-value]  # word for word, for the partial indexes


def is_waiting_now(waiting_on: WaitingOn) -> ColumnElement[bool]:
    """The condition that a ticket waits on ``waiting_on`` now.

    It names the other statuses, so that the planner expects most of the open tickets: it takes the first of them from
    an index in the order asked for, in place of reading and sorting them.
    """
    others = [status for status in UNSOLVED if status not in statuses_waiting_on(waiting_on)]
    return and_(is_open_now(), Ticket.status.not_in(others))
