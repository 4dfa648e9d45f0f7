"""How long tickets waited on the team, the customer and third parties, computed from their status events.

Only the part of each wait counts that lies in the period; that of open tickets lasts until now.
"""

from typing import Any

from sqlalchemy import Subquery, case, func, literal, select, union_all

from helpdesk import clock
from helpdesk.database.types import UtcDateTime
from helpdesk.domain.reporting import backlog
from helpdesk.domain.reporting.date_ranges import Period
from helpdesk.domain.reporting.definition import Conditions
from helpdesk.domain.reporting.sql_functions import seconds_between
from helpdesk.extensions import db
from helpdesk.models.event import Event
from helpdesk.models.statuses import WAITING_ON, Status, WaitingOn, statuses_waiting_on
from helpdesk.models.ticket import Ticket

STATUS_EVENTS = {status.definition.event_kind for status in Status} | {"reopened"}


def time_by_waiting_on(period: Period, where: Conditions = ()) -> dict[WaitingOn, float]:
    """Return the seconds that tickets waited on each of them in ``period``. One query."""
    spans = _select_spans(period, where)
    durations = select(spans.c.status, func.sum(spans.c.seconds)).group_by(spans.c.status)
    total = dict.fromkeys(WaitingOn, 0.0)
    for status, seconds in db.session.execute(durations):
        waiting_on = WAITING_ON[Status(status)] if status in list(Status) else None
        if waiting_on is not None:
            total[waiting_on] += float(seconds or 0)
    return total


def select_waiting_tickets(waiting_on: WaitingOn, period: Period, where: Conditions = ()) -> Subquery:
    """The ids of the tickets that waited on ``waiting_on`` in ``period``, and for how many seconds each."""
    spans = _select_spans(period, where)
    return (
        select(spans.c.ticket_id, func.sum(spans.c.seconds).label("value"))
        .where(spans.c.status.in_(statuses_waiting_on(waiting_on)))
        .group_by(spans.c.ticket_id)
        .subquery()
    )


def _select_spans(period: Period, where: Conditions) -> Subquery:
    """Ticket, status and seconds of every time that a ticket spent in a status within ``period``."""
    begin, end = period
    now = clock.now()
    ended_at = func.coalesce(Ticket.solved_at, Ticket.closed_at, _moment(now)).label("ended")
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
    spans = select(
        ticket_id.label("ticket_id"), status.label("status"), at.label("at"), until.label("until")
    ).subquery()
    stop = min(end, now)
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
