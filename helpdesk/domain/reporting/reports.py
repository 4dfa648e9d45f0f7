"""How the team does, in numbers: for a stretch of time, as a whole and by agent, organization, priority, form or week.

First answers count for the stretch in which the ticket was filed, everything else for the one in which it was solved.
Medians are by nearest rank and taken in the database, so that a million tickets leave it as a handful of rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, case, func, literal, select, text
from sqlalchemy.orm import aliased

from helpdesk import clock
from helpdesk.domain import labels
from helpdesk.domain.administration import settings
from helpdesk.domain.reporting.sql_functions import seconds_between
from helpdesk.extensions import db
from helpdesk.models.event import Event
from helpdesk.models.form import Form, FormVersion
from helpdesk.models.organization import Organization
from helpdesk.models.rating import Rating
from helpdesk.models.statuses import UNSOLVED_SQL, WAITING_ON, Status, WaitingOn
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

GROUP_LABELS = {
    "week": "Week",
    "agent": "Agent",
    "organization": "Organization",
    "priority": "Priority",
    "form": "Form",
}
MAX_ROWS = 100
WHOLE_PERIOD_KEY = "whole"
STATUS_EVENTS = {status.definition.event_kind for status in Status} | {"reopened"}

Period = tuple[datetime, datetime]


@dataclass
class Figures:
    """One line of a report. Times are seconds; None where nothing was measured. ``backlog`` is at the end, by week only."""

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
    """The last ``count`` weeks from Monday to Monday in the helpdesk's time zone, the present one last."""
    zone = ZoneInfo(settings.get("time_zone"))
    today = (until or clock.now()).astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    begins = [monday - timedelta(weeks=back) for back in range(count - 1, -2, -1)]
    moments = [datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) for day in begins]
    return list(zip(moments[:-1], moments[1:], strict=True))


def total_figures(period: Period) -> Figures:
    """Everything of ``period`` in one line."""
    found = _measure(period, literal(WHOLE_PERIOD_KEY), ())
    return found.get(WHOLE_PERIOD_KEY) or Figures(WHOLE_PERIOD_KEY, "All tickets")


def figures_by_group(group: str, periods: list[Period]) -> list[Figures]:
    """One line for each member of ``group`` (see GROUPS) over all of ``periods``, by week in order, else most filed first."""
    period = (periods[0][0], periods[-1][1])
    if group == "week":
        filed, solved = _week_number(Ticket.created_at, periods), _week_number(Ticket.solved_at, periods)
        return _add_backlog(_measure(period, filed, (), solved), periods)
    key, joins = _group_key(group)
    found = _measure(period, key, joins)
    labels = _group_labels(group, [key for key in found if key is not None])
    for figures in found.values():
        figures.label = labels.get(figures.key) or {"agent": "Nobody", "form": "No form"}.get(group, "Unknown")
    return sorted(found.values(), key=lambda figures: (-figures.filed, -figures.solved, figures.label))[:MAX_ROWS]


def time_by_waiting_on(period: Period) -> dict[WaitingOn, float]:
    """Seconds the tickets solved in ``period`` spent with the team, the customer and third parties, from their history."""
    begin, end = period
    chosen = (
        select(Ticket.id, Ticket.created_at, Ticket.solved_at.label("ended"))
        .where(Ticket.solved_at >= begin, Ticket.solved_at < end)
        .subquery()
    )
    moves = (
        select(
            Event.ticket_id,
            Event.seq,
            Event.created_at.label("at"),
            Event.data["new"].as_string().label("status"),
            chosen.c.ended,
        )
        .join(chosen, chosen.c.id == Event.ticket_id)
        .where(Event.kind.in_(STATUS_EVENTS))
    )
    history = (
        select(chosen.c.id, literal(0), chosen.c.created_at, literal(Status.open.value), chosen.c.ended)
        .union_all(moves)
        .subquery("history")
    )
    ticket_id, seq, at, status, ended = history.c
    until = func.lead(at).over(partition_by=ticket_id, order_by=seq)
    spans = (
        select(status.label("status"), at.label("at"), func.coalesce(until, ended).label("until"))
        .where(at <= ended)
        .subquery()
    )
    held = select(spans.c.status, func.sum(seconds_between(spans.c.at, spans.c.until))).group_by(spans.c.status)
    total = dict.fromkeys(WaitingOn, 0.0)
    for status, seconds in db.session.execute(held):
        who = WAITING_ON.get(status)
        if who is not None:
            total[who] += float(seconds or 0)
    return total


def count_backlog() -> int:
    """Tickets unsolved right now."""
    return db.session.scalar(select(func.count()).select_from(Ticket).where(text(f"tickets.{UNSOLVED_SQL}")))


def _measure(period: Period, key, joins: Iterable, solved_key=None) -> dict[object, Figures]:
    """Figures by the values of ``key``, and of ``solved_key`` where solved tickets are counted; three queries."""
    begin, end = period
    found: dict[object, Figures] = {}

    def line(value: object) -> Figures:
        return found.setdefault(value, Figures(value, str(value)))

    filed = _apply_joins(select(key.label("key"), func.count()), joins).where(
        Ticket.created_at >= begin, Ticket.created_at < end
    )
    for value, number in db.session.execute(filed.group_by("key")):
        line(value).filed = number
    answered = (Ticket.created_at >= begin, Ticket.created_at < end, Ticket.first_response_at.is_not(None))
    for row in db.session.execute(_percentiles(key, joins, Ticket.created_at, Ticket.first_response_at, answered)):
        line(row.key).response_median, line(row.key).response_p90 = row.median, row.p90
    solved = (Ticket.solved_at >= begin, Ticket.solved_at < end)
    for row in db.session.execute(
        _percentiles(key if solved_key is None else solved_key, joins, Ticket.created_at, Ticket.solved_at, solved)
    ):
        figures = line(row.key)
        figures.solved, figures.resolution_median, figures.resolution_p90 = row.number, row.median, row.p90
        figures.rating, figures.ratings = (float(row.rating) if row.rating is not None else None), row.ratings
    return found


def _percentiles(key, joins: Iterable, begin, end, conditions) -> Select:
    length = seconds_between(begin, end)
    ranked = (
        _apply_joins(
            select(
                key.label("key"),
                length.label("length"),
                Rating.score.label("score"),
                func.row_number().over(partition_by=key, order_by=length).label("place"),
                func.count().over(partition_by=key).label("number"),
            ),
            joins,
        )
        .outerjoin(Rating, Rating.ticket_id == Ticket.id)
        .where(*conditions)
        .subquery()
    )

    def nearest(percent: int):
        rank = (ranked.c.number * percent + 99) // 100
        return func.max(case((ranked.c.place == rank, ranked.c.length)))

    return select(
        ranked.c.key,
        func.max(ranked.c.number).label("number"),
        nearest(50).label("median"),
        nearest(90).label("p90"),
        func.avg(ranked.c.score).label("rating"),
        func.count(ranked.c.score).label("ratings"),
    ).group_by(ranked.c.key)


def _group_key(group: str) -> tuple[object, tuple]:
    match group:
        case "agent":
            return Ticket.assignee_id, ()
        case "organization":
            return Ticket.organization_id, ()
        case "priority":
            return Ticket.priority, ()
    version = aliased(FormVersion)
    return version.form_id, ((version, version.id == Ticket.form_version_id),)


def _week_number(moment, periods: list[Period]):
    """The number of the week that ``moment`` falls into."""
    return case(*((moment < end, number) for number, (_, end) in enumerate(periods)), else_=len(periods))


def _apply_joins(query: Select, joins: Iterable) -> Select:
    query = query.select_from(Ticket)
    for target, condition in joins:
        query = query.outerjoin(target, condition)
    return query


def _add_backlog(found: dict, periods: list[Period]) -> list[Figures]:
    """A line for every week, also the quiet ones; the backlog is counted back from today's."""
    lines = []
    left = count_backlog()
    for number in range(len(periods) - 1, -1, -1):
        figures = found.get(number) or Figures(number, "")
        begin = periods[number][0].astimezone(ZoneInfo(settings.get("time_zone")))
        figures.label = f"{begin.day} {begin:%b}"
        figures.backlog = max(left, 0)
        left += figures.solved - figures.filed
        lines.append(figures)
    return lines[::-1]


def _group_labels(group: str, keys: list) -> dict:
    match group:
        case "agent":
            people = db.session.execute(select(User.id, User.name, User.email).where(User.id.in_(keys)))
            return {id: name or email.partition("@")[0] for id, name, email in people}
        case "organization":
            found = db.session.execute(select(Organization.id, Organization.name).where(Organization.id.in_(keys)))
            return {row.id: row.name for row in found}
        case "form":
            return {row.id: row.name for row in db.session.execute(select(Form.id, Form.name).where(Form.id.in_(keys)))}
    return labels.PRIORITY_LABELS
