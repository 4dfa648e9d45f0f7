"""The tickets behind a number of a report, with the value of each: the longest first, else the latest."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, null, select
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.domain.reporting import backlog, longest_lists, longest_waits, metrics, selections, waiting_times
from helpdesk.domain.reporting.date_ranges import Period
from helpdesk.domain.reporting.definition import ReportDefinition
from helpdesk.domain.reporting.metrics import METRICS, Metric
from helpdesk.domain.reporting.selections import Selection
from helpdesk.extensions import db
from helpdesk.models.event import Event
from helpdesk.models.rating import Rating
from helpdesk.models.sla import SlaTimer
from helpdesk.models.ticket import Ticket
from helpdesk.translation import lazy_gettext

PAGE_SIZE = longest_lists.PAGE_SIZE
MAX_PAGE = 2_000
METRIC_LABELS = {
    **{name: metric.label for name, metric in METRICS.items()},
    "solved": lazy_gettext("Resolution time"),
    metrics.BACKLOG: lazy_gettext("Backlog"),
    **{name: who.definition.team_label for name, who in waiting_times.LISTS.items()},
}


@dataclass(frozen=True)
class TicketPage:
    """Tickets with their values, on a page of all ``count``. ``unit``: "duration", "score" or "".

    ``missing``: days that are over and not stored. ``counted``: where counting stopped; ``count`` is greater if there
    are more.
    """

    rows: list[tuple[Ticket, Any]]
    count: int
    unit: str
    missing: Sequence[Period] = ()
    counted: int | None = None


def list_tickets(definition: ReportDefinition, name: str, page: int = 1) -> TicketPage:
    """Return a page of the tickets that the number ``name`` of the report counts; a key of METRIC_LABELS. Two
    queries, or those of longest_lists and longest_waits.
    """
    if name in waiting_times.LISTS:
        selection = selections.select_tickets(definition)
        if not longest_waits.is_small(selection, definition.days.period):
            return _longest_waits(definition, selection, name, page)
    if page <= 1 and name in longest_lists.NAMES:
        return _first_page(definition, name)
    query, value, unit = build_query(definition, name)
    count = db.session.scalar(query.with_only_columns(func.count())) or 0
    order = (value.desc(), Ticket.id.desc()) if unit else (Ticket.created_at.desc(), Ticket.id.desc())
    if unit == "score":
        order = (value.asc(), Ticket.id.desc())
    people = (joinedload(Ticket.organization), joinedload(Ticket.assignee))
    start = (min(max(page, 1), MAX_PAGE) - 1) * PAGE_SIZE
    found = query.options(*people).order_by(*order).offset(start).limit(PAGE_SIZE)
    return TicketPage([(row[0], row[1]) for row in db.session.execute(found)], count, unit)


def _first_page(definition: ReportDefinition, name: str) -> TicketPage:
    selection = selections.select_tickets(definition)
    count, first, missing = longest_lists.find_first_page(name, selection, definition.days.period)
    return TicketPage(_load(first), count, METRICS[name].unit, missing)


def _longest_waits(definition: ReportDefinition, selection: Selection, name: str, page: int) -> TicketPage:
    upto = min(max(page, 1), MAX_PAGE) * PAGE_SIZE
    found = longest_waits.find_longest(name, selection, definition.days.period, upto + 1)
    rows = _load(found.rows[upto - PAGE_SIZE : upto])
    return TicketPage(rows, len(found.rows), "duration", found.missing, counted=upto)


def _load(values: Sequence[tuple[int, float | None]]) -> list[tuple[Ticket, Any]]:
    people = (joinedload(Ticket.organization), joinedload(Ticket.assignee))
    found = select(Ticket).where(Ticket.id.in_([ticket_id for ticket_id, _ in values])).options(*people)
    tickets = {ticket.id: ticket for ticket in db.session.scalars(found)}
    return [(tickets[ticket_id], value) for ticket_id, value in values if ticket_id in tickets]


def build_query(definition: ReportDefinition, name: str) -> tuple[Any, Any, str]:
    """The tickets that the number ``name`` counts with their values, the value, and its unit."""
    where, period = definition.conditions(), definition.days.period
    if name in waiting_times.LISTS:
        waited = waiting_times.select_waiting_tickets(waiting_times.LISTS[name], period, where)
        query = select(Ticket, waited.c.value).join(waited, waited.c.ticket_id == Ticket.id)
        return query, waited.c.value, "duration"
    if name == metrics.BACKLOG:
        if period[1] > clock.now():
            return select(Ticket, null()).where(backlog.is_open_now(), Ticket.created_at < period[1], *where), None, ""
        return select(Ticket, null()).where(Ticket.id.in_(backlog.select_open_at(period[1], where))), None, ""
    metric = METRICS[name]
    value = metric.value if metric.value is not None else null()
    query = select(Ticket, value).where(metric.condition, *where)
    if name == "reopened":
        reopened = select(Event.ticket_id).where(metrics.reopened_in(period))
        return query.where(Ticket.id.in_(reopened)), value, ""
    if metric.timer_kind:
        is_its_timer = (SlaTimer.ticket_id == Ticket.id) & (SlaTimer.kind == metric.timer_kind)
        return query.join(SlaTimer, is_its_timer).where(metrics.ended_in(period)), value, ""
    query = query.where(metrics.within(metric.time, period))
    if _needs_rating(metric):
        query = query.join(Rating, Rating.ticket_id == Ticket.id)
    return query, value, metric.unit


def _needs_rating(metric: Metric) -> bool:
    return metric.unit == "score"
