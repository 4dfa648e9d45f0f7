"""Reports over a period: in total and by agent, organization, priority, form or week.

First responses count in the period in which the ticket was filed, everything else in the one in which it was solved.
Only the tickets that meet ``where`` count, such as ``has_tag``. Medians use the nearest-rank method and are computed by
the database, which returns one row per group.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, case, func, literal, select, text
from sqlalchemy.orm import aliased

from helpdesk import clock
from helpdesk.domain import labels
from helpdesk.domain.administration import settings
from helpdesk.domain.content_translation.lookup import Part, translate_content
from helpdesk.domain.reporting.sql_functions import seconds_between
from helpdesk.extensions import db
from helpdesk.models.event import Event
from helpdesk.models.form import Form, FormVersion
from helpdesk.models.organization import Organization
from helpdesk.models.rating import Rating
from helpdesk.models.statuses import UNSOLVED_SQL, WAITING_ON, Status, WaitingOn
from helpdesk.models.tag import Tag, TicketTag
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import format_day, gettext, lazy_gettext

GROUP_LABELS = {
    "week": lazy_gettext("Week"),
    "agent": lazy_gettext("Agent"),
    "organization": lazy_gettext("Organization"),
    "priority": lazy_gettext("Priority"),
    "form": lazy_gettext("Form"),
    "tag": lazy_gettext("Tag"),
}
MAX_ROWS = 100
WHOLE_PERIOD_KEY = "whole"
STATUS_EVENTS = {status.definition.event_kind for status in Status} | {"reopened"}

Period = tuple[datetime, datetime]
Conditions = tuple[ColumnElement[bool], ...]
Joins = tuple[tuple[Any, ColumnElement[bool]], ...]  # (table, condition)
AnySelect = Select[*tuple[Any, ...]]


@dataclass
class Figures:
    """One row of a report. Times are in seconds; None without data. ``backlog``: at the end of a week, else None."""

    key: object
    label: str
    filed: int = 0
    solved: int = 0
    response_median: float | None = None
    response_p90: float | None = None
    resolution_median: float | None = None
    resolution_p90: float | None = None
    rating: float | None = None
    ratings: int = 0
    backlog: int | None = None


def list_weeks(count: int = 12, until: datetime | None = None) -> list[Period]:
    """Return the last ``count`` weeks from Monday to Monday in the configured time zone, the present one last."""
    zone = ZoneInfo(settings.get("time_zone"))
    today = (until or clock.now()).astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    mondays = [monday - timedelta(weeks=back) for back in range(count - 1, -2, -1)]
    limits = [datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) for day in mondays]
    return list(zip(limits[:-1], limits[1:], strict=True))


def has_tag(name: str) -> ColumnElement[bool]:
    """The condition that a ticket has the tag of this name."""
    tagged = select(TicketTag.ticket_id).join(Tag, Tag.id == TicketTag.tag_id).where(Tag.name == name)
    return Ticket.id.in_(tagged)


def total_figures(period: Period, *where: ColumnElement[bool]) -> Figures:
    """Return the figures of the whole ``period``."""
    figures_by_key = _measure(period, literal(WHOLE_PERIOD_KEY), (), where=where)
    return figures_by_key.get(WHOLE_PERIOD_KEY) or Figures(WHOLE_PERIOD_KEY, gettext("All tickets"))


def figures_by_group(group: str, periods: list[Period], *where: ColumnElement[bool]) -> list[Figures]:
    """Return one row for each value of ``group`` (see GROUP_LABELS) over all of ``periods``.

    Weeks are in order; any other group is sorted by tickets filed, most first, MAX_ROWS at most. A ticket counts in the
    row of each of its tags.
    """
    period = (periods[0][0], periods[-1][1])
    if group == "week":
        filed, solved = _week_number(Ticket.created_at, periods), _week_number(Ticket.solved_at, periods)
        return _add_backlog(_measure(period, filed, (), solved, where), periods, where)
    key, joins = _group_key(group)
    figures_by_key = _measure(period, key, joins, where=where)
    group_labels = _group_labels(group, [key for key in figures_by_key if key is not None])
    for figures in figures_by_key.values():
        without = {"agent": gettext("Nobody"), "form": gettext("No form"), "tag": gettext("No tag")}
        figures.label = group_labels.get(figures.key) or without.get(group, gettext("Unknown"))
    rows = sorted(figures_by_key.values(), key=lambda figures: (-figures.filed, -figures.solved, figures.label))
    return rows[:MAX_ROWS]


def time_by_waiting_on(period: Period, *where: ColumnElement[bool]) -> dict[WaitingOn, float]:
    """Return the seconds that tickets solved in ``period`` waited on the team, the customer and third parties.

    They are computed from the status events of each ticket.
    """
    begin, end = period
    solved = (
        select(Ticket.id, Ticket.created_at, Ticket.solved_at.label("ended"))
        .where(Ticket.solved_at >= begin, Ticket.solved_at < end, *where)
        .subquery()
    )
    status_events = (
        select(
            Event.ticket_id,
            Event.seq,
            Event.created_at.label("at"),
            Event.data["new"].as_string().label("status"),
            solved.c.ended,
        )
        .join(solved, solved.c.id == Event.ticket_id)
        .where(Event.kind.in_(STATUS_EVENTS))
    )
    history = (
        select(solved.c.id, literal(0), solved.c.created_at, literal(Status.open.value), solved.c.ended)
        .union_all(status_events)
        .subquery("history")
    )
    ticket_id, seq, at, status, ended = history.c
    until = func.lead(at).over(partition_by=ticket_id, order_by=seq)
    spans = (
        select(status.label("status"), at.label("at"), func.coalesce(until, ended).label("until"))
        .where(at <= ended)
        .subquery()
    )
    durations = select(spans.c.status, func.sum(seconds_between(spans.c.at, spans.c.until))).group_by(spans.c.status)
    total = dict.fromkeys(WaitingOn, 0.0)
    seconds_by_status: dict[str, float | None] = {row[0]: row[1] for row in db.session.execute(durations)}
    for each, waiting_on in WAITING_ON.items():
        if waiting_on is not None:
            total[waiting_on] += float(seconds_by_status.get(each) or 0)
    return total


def count_backlog(*where: ColumnElement[bool]) -> int:
    """Return the number of unsolved tickets."""
    unsolved = select(func.count()).select_from(Ticket).where(text(f"tickets.{UNSOLVED_SQL}"), *where)
    return db.session.scalars(unsolved).one()


def _measure(
    period: Period, key: Any, joins: Joins, solved_key: Any = None, where: Conditions = ()
) -> dict[object, Figures]:
    """Return figures by the values of the expression ``key``; for solved tickets by ``solved_key``. Three queries."""
    begin, end = period
    figures_by_key: dict[object, Figures] = {}

    def figures_of(value: object) -> Figures:
        return figures_by_key.setdefault(value, Figures(value, str(value)))

    filed = _apply_joins(select(key.label("key"), func.count()), joins).where(
        Ticket.created_at >= begin, Ticket.created_at < end, *where
    )
    for value, number in db.session.execute(filed.group_by("key")):
        figures_of(value).filed = number
    answered = (Ticket.created_at >= begin, Ticket.created_at < end, Ticket.first_response_at.is_not(None), *where)
    for row in db.session.execute(_percentiles(key, joins, Ticket.created_at, Ticket.first_response_at, answered)):
        figures = figures_of(row.key)
        figures.response_median, figures.response_p90 = row.median, row.p90
    solved = (Ticket.solved_at >= begin, Ticket.solved_at < end, *where)
    for row in db.session.execute(
        _percentiles(key if solved_key is None else solved_key, joins, Ticket.created_at, Ticket.solved_at, solved)
    ):
        figures = figures_of(row.key)
        figures.solved, figures.resolution_median, figures.resolution_p90 = row.number, row.median, row.p90
        figures.rating, figures.ratings = (float(row.rating) if row.rating is not None else None), row.ratings
    return figures_by_key


def _percentiles(key: Any, joins: Joins, begin: Any, end: Any, conditions: Iterable[ColumnElement[bool]]) -> AnySelect:
    """Return the query of number, median and 90th percentile of ``end`` - ``begin`` in seconds, by ``key``."""
    duration = seconds_between(begin, end)
    ranked = (
        _apply_joins(
            select(
                key.label("key"),
                duration.label("length"),
                Rating.score.label("score"),
                func.row_number().over(partition_by=key, order_by=duration).label("place"),
                func.count().over(partition_by=key).label("number"),
            ),
            joins,
        )
        .outerjoin(Rating, Rating.ticket_id == Ticket.id)
        .where(*conditions)
        .subquery()
    )

    def percentile(percent: int) -> ColumnElement[Any]:
        rank = (ranked.c.number * percent + 99) // 100
        return func.max(case((ranked.c.place == rank, ranked.c.length)))

    return select(
        ranked.c.key,
        func.max(ranked.c.number).label("number"),
        percentile(50).label("median"),
        percentile(90).label("p90"),
        func.avg(ranked.c.score).label("rating"),
        func.count(ranked.c.score).label("ratings"),
    ).group_by(ranked.c.key)


def _group_key(group: str) -> tuple[Any, Joins]:
    """Return the expression to group tickets by, and the joins it needs."""
    match group:
        case "agent":
            return Ticket.assignee_id, ()
        case "organization":
            return Ticket.organization_id, ()
        case "priority":
            return Ticket.priority, ()
        case "tag":
            return TicketTag.tag_id, ((TicketTag, TicketTag.ticket_id == Ticket.id),)
    version = aliased(FormVersion)
    return version.form_id, ((version, version.id == Ticket.form_version_id),)


def _week_number(time: Any, periods: list[Period]) -> ColumnElement[Any]:
    """Return the expression of the index in ``periods`` of the week that contains ``time``."""
    return case(*((time < end, number) for number, (_, end) in enumerate(periods)), else_=len(periods))


def _apply_joins(query: AnySelect, joins: Joins) -> AnySelect:
    query = query.select_from(Ticket)
    for target, condition in joins:
        query = query.outerjoin(target, condition)
    return query


def _add_backlog(figures_by_key: dict[object, Figures], periods: list[Period], where: Conditions) -> list[Figures]:
    """Return a row for every week, also without tickets; the backlog is calculated backwards from the present one."""
    rows = []
    backlog = count_backlog(*where)
    for number in range(len(periods) - 1, -1, -1):
        figures = figures_by_key.get(number) or Figures(number, "")
        begin = periods[number][0].astimezone(ZoneInfo(settings.get("time_zone")))
        figures.label = format_day(begin)
        figures.backlog = max(backlog, 0)
        backlog += figures.solved - figures.filed
        rows.append(figures)
    return rows[::-1]


def _group_labels(group: str, keys: list[Any]) -> Mapping[Any, str]:
    match group:
        case "agent":
            people = db.session.execute(select(User.id, User.name, User.email).where(User.id.in_(keys)))
            return {row.id: row.name or row.email.partition("@")[0] for row in people}
        case "organization":
            organizations = db.session.execute(
                select(Organization.id, Organization.name).where(Organization.id.in_(keys))
            )
            return {row.id: row.name for row in organizations}
        case "form":
            forms = db.session.execute(select(Form.id, Form.name).where(Form.id.in_(keys)))
            return {row.id: translate_content(row.name, Part.form) for row in forms}
        case "tag":
            return {row.id: row.name for row in db.session.execute(select(Tag.id, Tag.name).where(Tag.id.in_(keys)))}
    return labels.PRIORITY_LABELS
