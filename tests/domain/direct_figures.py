"""The figures of a report counted by the database in one pass over the tickets: what stored sums are compared with.

This is how reports were counted before sums of days were stored.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, distinct, func, literal, select
from sqlalchemy.orm import aliased

from helpdesk import clock
from helpdesk.domain.reporting import backlog, metrics, waiting_times
from helpdesk.domain.reporting.date_ranges import Period
from helpdesk.domain.reporting.definition import Conditions
from helpdesk.domain.reporting.figures import Figures
from helpdesk.extensions import db
from helpdesk.models.event import Event
from helpdesk.models.form import FormVersion
from helpdesk.models.rating import Rating
from helpdesk.models.sla import SlaTimer
from helpdesk.models.statuses import WAITING_ON, Status, WaitingOn
from helpdesk.models.tag import TicketTag
from helpdesk.models.ticket import Ticket

AnySelect = Select[*tuple[Any, ...]]


class TimeGroups:
    """Groups by consecutive parts of time: the key is the number of the part."""

    joins: tuple[tuple[Any, ColumnElement[bool]], ...] = ()

    def __init__(self, ends: Sequence[datetime]):
        self._ends = ends

    def key(self, time: Any) -> ColumnElement[Any]:
        """The expression of the part that contains ``time``: a binary search, since there may be a hundred."""
        return self._search(time, 0, len(self._ends) - 1)

    def _search(self, time: Any, low: int, high: int) -> ColumnElement[Any]:
        if low >= high:
            return literal(low)
        middle = (low + high) // 2
        return case(
            (time < self._ends[middle], self._search(time, low, middle)), else_=self._search(time, middle + 1, high)
        )


class FieldGroups:
    """Groups by a property of the ticket; ``name`` is a key of GROUP_LABELS that is no time."""

    def __init__(self, name: str):
        self.joins: tuple[tuple[Any, ColumnElement[bool]], ...] = ()
        if name == "tag":
            self._key: Any = TicketTag.tag_id
            self.joins = ((TicketTag, TicketTag.ticket_id == Ticket.id),)
        elif name == "form":
            version = aliased(FormVersion)
            self._key = version.form_id
            self.joins = ((version, version.id == Ticket.form_version_id),)
        else:
            columns = {"agent": Ticket.assignee_id, "organization": Ticket.organization_id}
            self._key = columns.get(name, Ticket.priority)

    def key(self, time: Any) -> Any:
        """The expression to group tickets by, whenever they count."""
        return self._key


Groups = TimeGroups | FieldGroups


def measure(period: Period, groups: Groups, where: Conditions = ()) -> dict[Any, Figures]:
    """Return the figures of each group in ``period``. Four queries."""
    found: dict[Any, Figures] = {}

    def figures_of(key: Any) -> Figures:
        return found.setdefault(key, Figures())

    for row in db.session.execute(_query_filed(period, groups, where)):
        figures = figures_of(row.key)
        figures.filed, figures.answered, figures.unanswered = row.number, row.answered, row.unanswered or 0
        figures.response_median, figures.response_p90 = row.median, row.p90
    for row in db.session.execute(_query_solved(period, groups, where)):
        figures = figures_of(row.key)
        figures.solved, figures.one_touch = row.number, row.one_touch or 0
        figures.resolution_median, figures.resolution_p90 = row.median, row.p90
        figures.rating, figures.ratings = (float(row.rating) if row.rating is not None else None), row.ratings
    for row in db.session.execute(_query_reopened(period, groups, where)):
        figures_of(row.key).reopened = row.number
    for row in db.session.execute(_query_timers(period, groups, where)):
        figures = figures_of(row.key)
        met, missed = row.number - row.missed, row.missed
        if row.kind == "first_response":
            figures.response_met, figures.response_missed = met, missed
        else:
            figures.resolution_met, figures.resolution_missed = met, missed
    return found


def _query_filed(period: Period, groups: Groups, where: Conditions) -> AnySelect:
    key, duration = groups.key(Ticket.created_at), metrics.RESPONSE_SECONDS
    is_answered = case((Ticket.first_response_at.is_(None), 0), else_=1)
    ranked = _from_tickets(
        select(
            key.label("key"),
            duration.label("length"),
            case((metrics.IS_UNANSWERED, 1), else_=0).label("waits"),
            func.row_number().over(partition_by=(key, is_answered), order_by=duration).label("place"),
            func.count().over(partition_by=(key, is_answered)).label("number"),
        ),
        groups,
    ).where(metrics.within(Ticket.created_at, period), *where)
    found = ranked.subquery()
    return select(
        found.c.key,
        func.count().label("number"),
        func.count(found.c.length).label("answered"),
        func.sum(found.c.waits).label("unanswered"),
        _percentile(found, 50).label("median"),
        _percentile(found, 90).label("p90"),
    ).group_by(found.c.key)


def _query_solved(period: Period, groups: Groups, where: Conditions) -> AnySelect:
    key, duration = groups.key(Ticket.solved_at), metrics.RESOLUTION_SECONDS
    ranked = _from_tickets(
        select(
            key.label("key"),
            duration.label("length"),
            Rating.score.label("score"),
            case((metrics.IS_ONE_TOUCH, 1), else_=0).label("one_touch"),
            func.row_number().over(partition_by=key, order_by=duration).label("place"),
            func.count().over(partition_by=key).label("number"),
        ),
        groups,
    ).outerjoin(Rating, Rating.ticket_id == Ticket.id)
    found = ranked.where(metrics.within(Ticket.solved_at, period), *where).subquery()
    return select(
        found.c.key,
        func.count().label("number"),
        func.sum(found.c.one_touch).label("one_touch"),
        _percentile(found, 50).label("median"),
        _percentile(found, 90).label("p90"),
        func.avg(found.c.score).label("rating"),
        func.count(found.c.score).label("ratings"),
    ).group_by(found.c.key)


def _query_reopened(period: Period, groups: Groups, where: Conditions) -> AnySelect:
    query = _from_tickets(
        select(groups.key(Event.created_at).label("key"), func.count(distinct(Event.ticket_id)).label("number")), groups
    )
    reopened = query.join(Event, Event.ticket_id == Ticket.id).where(metrics.reopened_in(period), *where)
    return reopened.group_by("key")


def _query_timers(period: Period, groups: Groups, where: Conditions) -> AnySelect:
    query = _from_tickets(
        select(
            groups.key(metrics.TIMER_ENDED_AT).label("key"),
            SlaTimer.kind.label("kind"),
            func.count().label("number"),
            func.sum(case((metrics.IS_MISSED, 1), else_=0)).label("missed"),
        ),
        groups,
    )
    ended = query.join(SlaTimer, SlaTimer.ticket_id == Ticket.id).where(metrics.ended_in(period), *where)
    return ended.group_by("key", SlaTimer.kind)


def _percentile(ranked: Any, percent: int) -> ColumnElement[Any]:
    rank = (ranked.c.number * percent + 99) // 100
    return func.max(case((ranked.c.place == rank, ranked.c.length)))


def _from_tickets(query: AnySelect, groups: Groups) -> AnySelect:
    query = query.select_from(Ticket)
    for target, condition in groups.joins:
        query = query.outerjoin(target, condition)
    return query


def count_open_at(moments: Sequence[datetime], where: Conditions = ()) -> list[int]:
    """How many tickets were open at each of ``moments``, none of which is to come."""
    done_at = func.coalesce(Ticket.solved_at, Ticket.closed_at)
    open_now = backlog.count_backlog(where)
    filed = [db.session.scalar(select(func.count()).where(Ticket.created_at >= each, *where)) for each in moments]
    done = [
        db.session.scalar(select(func.count()).where(backlog.is_done_since(moments[0]), done_at >= each, *where))
        for each in moments
    ]
    return [open_now - there + gone for there, gone in zip(filed, done, strict=True)]


def time_by_waiting_on(period: Period, where: Conditions = ()) -> dict[WaitingOn, float]:
    """The seconds for which tickets waited on whom in ``period``."""
    found = waiting_times.select_statuses(*period, where)
    total = dict.fromkeys(WaitingOn, 0.0)
    stop = min(period[1], clock.now())
    for status, at, until in db.session.execute(select(found.c.status, found.c.at, found.c.until)):
        who = WAITING_ON[Status(status)]
        if who is not None:
            total[who] += max((min(until, stop) - max(at, period[0])).total_seconds(), 0)
    return total
