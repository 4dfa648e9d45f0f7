"""How long tickets waited on the team, the customer and third parties, computed from their status events.

Only the part of each wait counts that lies in the period; that of open tickets lasts until now.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    Select,
    Subquery,
    and_,
    case,
    func,
    literal,
    select,
    true,
    union,
    union_all,
)

from helpdesk import clock, config
from helpdesk.database.types import UtcDateTime
from helpdesk.domain.reporting import backlog, metrics
from helpdesk.domain.reporting.date_ranges import Period
from helpdesk.domain.reporting.definition import Conditions
from helpdesk.domain.reporting.sql_functions import seconds_between
from helpdesk.models.event import Event
from helpdesk.models.statuses import Status, WaitingOn, statuses_waiting_on
from helpdesk.models.ticket import Ticket

STATUS_EVENTS = {status.definition.event_kind for status in Status} | {"reopened"}
Parts = Iterable[ColumnElement[bool]]  # conditions of which no ticket meets two
AnySelect = Select[*tuple[Any, ...]]
LISTS = {f"waiting_{who}": who for who in WaitingOn}  # the names of the lists of tickets that waited

_FIRST = literal(Status.open.value).label("status")


def select_waiting_tickets(waiting_on: WaitingOn, period: Period, where: Conditions = ()) -> Subquery:
    """The ids of the tickets that waited on ``waiting_on`` in ``period``, and for how many seconds each."""
    return select_waits_of(_list_parts(*period, where), waiting_on, period)


def select_waits_of(parts: Parts, waiting_on: WaitingOn, period: Period | None = None) -> Subquery:
    """The same of the tickets that meet one of ``parts``; without ``period``, the time until they were done."""
    statuses = _select_statuses_of(parts)
    spans = _cut(statuses, period) if period else statuses
    seconds = spans.c.seconds if period else seconds_between(spans.c.at, spans.c.until)
    return (
        select(spans.c.ticket_id, func.sum(seconds).label("value"))
        .where(spans.c.status.in_(statuses_waiting_on(waiting_on)))
        .group_by(spans.c.ticket_id)
        .subquery()
    )


def has_waited(waiting_on: WaitingOn) -> ColumnElement[bool]:
    """The condition that a ticket was ever in a status that waits on ``waiting_on``.

    Its events are looked up, and only until one is found: of many tickets that costs a tenth of adding up their times.
    """
    statuses = statuses_waiting_on(waiting_on)
    if Status.open in statuses:
        return true()
    changes = _select_changes().where(Event.ticket_id == Ticket.id).correlate(Ticket).subquery()
    one: ColumnElement[int] = select(changes.c.seq).where(changes.c.status.in_(statuses)).limit(1).scalar_subquery()
    return one.is_not(None)


def select_statuses(begin: datetime, end: datetime, where: Conditions = (), is_of_changed: bool = False) -> Subquery:
    """Ticket, status, begin and end of every time that a ticket spent in a status, of the tickets open in that time.

    If ``is_of_changed``, only of those that were filed or done, or changed their status, from ``begin`` until ``end``.
    """
    if is_of_changed:
        where = (*where, Ticket.id.in_(_select_changed(begin, end)))
    return _select_statuses_of(_list_parts(begin, end, where))


def _list_parts(begin: datetime, end: datetime, where: Conditions) -> Parts:
    return [and_(Ticket.created_at < end, *where, part) for part in backlog.open_since(begin)]


def _select_statuses_of(parts: Parts) -> Subquery:
    ended_at = func.coalesce(Ticket.solved_at, Ticket.closed_at, _moment(clock.now())).label("ended")
    tickets = select(Ticket.id, Ticket.created_at, ended_at)
    counted = union_all(*(tickets.where(part) for part in parts)).cte("counted")
    return (_select_history if config.current().is_sqlite else _select_histories)(counted).subquery()


def _select_history(counted: CTE) -> AnySelect:
    """The statuses of all ``counted`` tickets together, for SQLite, which looks up the events of each."""
    of_each = _select_changes().join(counted, counted.c.id == Event.ticket_id)
    first = select(counted.c.id, literal(0), counted.c.created_at, _FIRST, counted.c.ended)
    history = first.union_all(of_each.add_columns(counted.c.ended)).subquery("history")
    ticket_id, seq, at, status, ended = history.c
    until = func.coalesce(func.lead(at).over(partition_by=ticket_id, order_by=seq), ended)
    return select(ticket_id.label("ticket_id"), status, at.label("at"), until.label("until"))


def _select_histories(counted: CTE) -> AnySelect:
    """The same for PostgreSQL. A query for each ticket: from one for all it reads the events of every ticket there is,
    since it expects many more tickets than there are.
    """
    first = select(counted.c.id, literal(0), counted.c.created_at, _FIRST).correlate(counted)
    changes = _select_changes().where(Event.ticket_id == counted.c.id).correlate(counted)
    history = first.union_all(changes).subquery("history")
    _, seq, at, status = history.c
    following = func.lead(at).over(order_by=seq).label("following")
    of_each = select(status, at.label("at"), following).lateral("of_each")
    until = func.coalesce(of_each.c.following, counted.c.ended)
    return select(counted.c.id.label("ticket_id"), of_each.c.status, of_each.c.at, until.label("until")).join_from(
        counted, of_each, true()
    )


def _select_changes() -> AnySelect:
    kind = Event.kind.concat("")  # without its index, which leads to the events of every ticket ever filed
    status = Event.data["new"].as_string().label("status")
    return select(Event.ticket_id, Event.seq, Event.created_at, status).where(kind.in_(STATUS_EVENTS))


def _select_changed(begin: datetime, end: datetime) -> CompoundSelect[int]:
    period = begin, end
    changed = select(Event.ticket_id).where(Event.kind.in_(STATUS_EVENTS), metrics.within(Event.created_at, period))
    times = (Ticket.created_at, Ticket.solved_at)
    merged = select(Ticket.id).where(metrics.IS_DONE_UNSOLVED, metrics.within(Ticket.closed_at, period))
    return union(changed, merged, *(select(Ticket.id).where(metrics.within(time, period)) for time in times))


def _cut(spans: Subquery, period: Period) -> Subquery:
    """Ticket, status and seconds of every time in ``spans``, within ``period``."""
    begin, end = period
    stop = min(end, clock.now())
    cut = select(
        spans.c.ticket_id,
        spans.c.status,
        seconds_between(
            case((spans.c.at < begin, _moment(begin)), else_=spans.c.at),
            case((spans.c.until > stop, _moment(stop)), else_=spans.c.until),
        ).label("seconds"),
    )
    return cut.where(spans.c.at < stop, spans.c.until > begin).subquery()


def _moment(moment: Any) -> Any:
    return literal(moment, UtcDateTime())
