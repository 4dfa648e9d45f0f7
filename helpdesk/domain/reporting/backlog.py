"""How many tickets were open at a time. A ticket that was reopened counts as open all along."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, CompoundSelect, and_, case, func, or_, select, text, union_all

from helpdesk import clock
from helpdesk.domain.reporting import metrics
from helpdesk.domain.reporting.definition import Conditions
from helpdesk.extensions import db
from helpdesk.models.statuses import DONE, UNSOLVED_SQL
from helpdesk.models.ticket import Ticket

DONE_AT = func.coalesce(Ticket.solved_at, Ticket.closed_at)


def count_backlog(where: Conditions = ()) -> int:
    """Return the number of tickets that are open now."""
    return db.session.scalar(select(func.count()).select_from(Ticket).where(_is_unsolved(), *where)) or 0


def count_open_at(moments: Sequence[datetime], where: Conditions = ()) -> list[int | None]:
    """Return how many tickets were open at each of the ``moments``, which are in order; None for those to come.

    It is counted back from now: what was filed since was not there, what was solved since was open. Three queries,
    which read what was filed or solved since the first moment.
    """
    now = clock.now()
    past = [moment for moment in moments if moment <= now]
    open_now = count_backlog(where)
    coming: list[int | None] = [None for _ in moments[len(past) :]]
    if coming and (not past or past[-1] < now):
        coming[0] = open_now  # at the end of a part that is not over, now
    if not past:
        return coming
    filed = select(*(_count_if(Ticket.created_at >= moment) for moment in past))
    done = select(*(_count_if(DONE_AT >= moment) for moment in past))
    filed = filed.where(Ticket.created_at >= past[0], *where)
    done = done.where(is_done_since(past[0]), *where)
    filed_since, done_since = db.session.execute(filed).one(), db.session.execute(done).one()
    counts = zip(filed_since, done_since, strict=True)
    return [open_now - (filed or 0) + (done or 0) for filed, done in counts] + coming


def is_done_since(moment: datetime) -> ColumnElement[bool]:
    """The condition that a ticket was solved, or closed without that, at ``moment`` or later."""
    return or_(Ticket.solved_at >= moment, and_(metrics.IS_DONE_UNSOLVED, Ticket.closed_at >= moment))


def open_since(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    """Conditions of which a ticket meets one if it was open at ``moment`` or later, and no ticket meets two.

    They are apart, not joined by OR, because each has an index: together they would read every ticket ever filed.
    """
    is_done = Ticket.status.in_(DONE)
    return (
        _is_unsolved(),
        and_(is_done, Ticket.solved_at >= moment),
        and_(is_done, metrics.IS_DONE_UNSOLVED, Ticket.closed_at >= moment),
    )


def select_open_at(moment: datetime, where: Conditions = ()) -> CompoundSelect[int]:
    """The ids of the tickets that were open at ``moment``, or are open now where that is to come."""
    tickets = select(Ticket.id).where(Ticket.created_at < moment, *where)
    return union_all(*(tickets.where(part) for part in open_since(moment)))


def _is_unsolved() -> ColumnElement[bool]:
    return text(f"tickets.{UNSOLVED_SQL}")  # type: ignore[return-value]  # word for word, for the partial indexes


def _count_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
