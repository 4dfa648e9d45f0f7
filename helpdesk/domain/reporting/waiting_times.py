"""How long tickets waited on the team, the customer and third parties, computed from their status events.

Only the part of each wait counts that lies in the period; that of open tickets lasts until now.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, Subquery, case, func, literal, select, union, union_all

from helpdesk import clock
from helpdesk.database.types import UtcDateTime
from helpdesk.domain.reporting import backlog, metrics
from helpdesk.domain.reporting.date_ranges import Period
from helpdesk.domain.reporting.definition import Conditions
from helpdesk.domain.reporting.sql_functions import seconds_between
from helpdesk.models.event import Event
from helpdesk.models.statuses import Status, WaitingOn, statuses_waiting_on
from helpdesk.models.ticket import Ticket

STATUS_EVENTS = {status.definition.event_kind for status in Status} | {"reopened"}


def select_waiting_tickets(waiting_on: WaitingOn, period: Period, where: Conditions = ()) -> Subquery:
    """The ids of the tickets that waited on ``waiting_on`` in ``period``, and for how many seconds each."""
    spans = _select_spans(period, where)
    return (
        select(spans.c.ticket_id, func.sum(spans.c.seconds).label("value"))
        .where(spans.c.status.in_(statuses_waiting_on(waiting_on)))
        .group_by(spans.c.ticket_id)
        .subquery()
    )


def select_statuses(begin: datetime, end: datetime, where: Conditions = (), is_of_changed: bool = False) -> Subquery:
    """Ticket, status, begin and end of every time that a ticket spent in a status, of the tickets open in that time.

    If ``is_of_changed``, only of those that were filed or done, or changed their status, from ``begin`` until ``end``.
    """
    if is_of_changed:
        where = (*where, Ticket.id.in_(_select_changed(begin, end)))
    ended_at = func.coalesce(Ticket.solved_at, Ticket.closed_at, _moment(clock.now())).label("ended")
    tickets = select(Ticket.id, Ticket.created_at, ended_at).where(Ticket.created_at < end, *where)
    counted = union_all(*(tickets.where(part) for part in backlog.open_since(begin))).cte("counted")
    kind = Event.kind.concat("")  # without its index, which leads to the events of every ticket ever filed
    changes = (
        select(
            Event.ticket_id, Event.seq, Event.created_at, Event.data["new"].as_string().label("status"), counted.c.ended
        )
        .join(counted, counted.c.id == Event.ticket_id)
        .where(kind.in_(STATUS_EVENTS))
    )
    first = select(counted.c.id, literal(0), counted.c.created_at, literal(Status.open.value), counted.c.ended)
    history = first.union_all(changes).subquery("history")
    ticket_id, seq, at, status, ended = history.c
    until = func.coalesce(func.lead(at).over(partition_by=ticket_id, order_by=seq), ended)
    return select(ticket_id.label("ticket_id"), status.label("status"), at.label("at"), until.label("until")).subquery()


def _select_changed(begin: datetime, end: datetime) -> CompoundSelect[int]:
    period = begin, end
    changed = select(Event.ticket_id).where(Event.kind.in_(STATUS_EVENTS), metrics.within(Event.created_at, period))
    times = (Ticket.created_at, Ticket.solved_at)
    merged = select(Ticket.id).where(metrics.IS_DONE_UNSOLVED, metrics.within(Ticket.closed_at, period))
    return union(changed, merged, *(select(Ticket.id).where(metrics.within(time, period)) for time in times))


def _select_spans(period: Period, where: Conditions) -> Subquery:
    """Ticket, status and seconds of every time that a ticket spent in a status within ``period``."""
    begin, end = period
    spans = select_statuses(begin, end, where)
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
