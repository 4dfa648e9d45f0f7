"""What each number of a report counts: which tickets, at which time, with which value.

The figures and the lists of tickets behind them are made from the same conditions. First responses count when the
ticket was filed, resolutions, ratings and one-touch tickets when it was solved, a target when it was met or missed.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, true

from helpdesk import clock
from helpdesk.domain.reporting.date_ranges import Period
from helpdesk.domain.reporting.sql_functions import seconds_between
from helpdesk.models.event import Event
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.rating import Rating
from helpdesk.models.sla import SlaTimer
from helpdesk.models.statuses import DONE
from helpdesk.models.ticket import Ticket
from helpdesk.translation import lazy_gettext

ONE_TOUCH_REPLIES = 1  # of the team at most

RESPONSE_SECONDS = seconds_between(Ticket.created_at, Ticket.first_response_at)
RESOLUTION_SECONDS = seconds_between(Ticket.created_at, Ticket.solved_at)
TEAM_REPLIES = (
    select(func.count())
    .where(
        Message.ticket_id == Ticket.id,
        Message.from_team,
        Message.kind == MessageKind.reply,
        Message.deleted_at.is_(None),
        Message.created_at <= Ticket.solved_at,
    )
    .correlate(Ticket)
    .scalar_subquery()
)
IS_ONE_TOUCH = TEAM_REPLIES <= ONE_TOUCH_REPLIES
IS_UNANSWERED = and_(Ticket.first_response_at.is_(None), Ticket.status.not_in(DONE))
# A ticket is done when it was solved; one that was merged into another was closed without that.
IS_DONE_UNSOLVED = and_(Ticket.merged_into_id.is_not(None), Ticket.solved_at.is_(None))
TIMER_ENDED_AT = func.coalesce(SlaTimer.stopped_at, SlaTimer.due_at)
IS_MISSED = or_(SlaTimer.breached, SlaTimer.stopped_at.is_(None))  # of the timers that have ended


@dataclass(frozen=True)
class Metric:
    """One number. ``unit``: of the ``value`` of each of its tickets: "duration", "score", or "" for none."""

    label: str
    time: Any
    condition: ColumnElement[bool] = true()
    value: Any = None
    unit: str = ""
    timer_kind: str = ""


METRICS: dict[str, Metric] = {
    "filed": Metric(lazy_gettext("Filed"), Ticket.created_at),
    "unanswered": Metric(lazy_gettext("Not answered yet"), Ticket.created_at, IS_UNANSWERED),
    "first_response": Metric(
        lazy_gettext("First response time"),
        Ticket.created_at,
        Ticket.first_response_at.is_not(None),
        RESPONSE_SECONDS,
        "duration",
    ),
    "solved": Metric(
        lazy_gettext("Resolution time"), Ticket.solved_at, Ticket.solved_at.is_not(None), RESOLUTION_SECONDS, "duration"
    ),
    "one_touch": Metric(
        lazy_gettext("One-touch tickets"), Ticket.solved_at, IS_ONE_TOUCH, RESOLUTION_SECONDS, "duration"
    ),
    "rated": Metric(lazy_gettext("CSAT"), Ticket.solved_at, Rating.score.is_not(None), Rating.score, "score"),
    "reopened": Metric(lazy_gettext("Reopened tickets"), Event.created_at),
    "response_missed": Metric(
        lazy_gettext("First response later than its target"),
        TIMER_ENDED_AT,
        IS_MISSED,
        RESPONSE_SECONDS,
        "duration",
        "first_response",
    ),
    "resolution_missed": Metric(
        lazy_gettext("Resolution later than its target"),
        TIMER_ENDED_AT,
        IS_MISSED,
        RESOLUTION_SECONDS,
        "duration",
        "resolution",
    ),
}
BACKLOG = "backlog"


def ended_in(period: Period) -> ColumnElement[bool]:
    """The condition that a timer was met or missed in ``period``: it stopped, or its time was over."""
    begin, end = period
    overdue_before = min(end, clock.now())
    return or_(
        and_(SlaTimer.stopped_at >= begin, SlaTimer.stopped_at < end),
        and_(SlaTimer.due_at >= begin, SlaTimer.due_at < overdue_before),
    )


def reopened_in(period: Period) -> ColumnElement[bool]:
    """The condition that an event reopened its ticket in ``period``."""
    begin, end = period
    return and_(Event.kind == "reopened", Event.created_at >= begin, Event.created_at < end)


def within(time: Any, period: Period) -> ColumnElement[bool]:
    """The condition that ``time`` is in ``period``."""
    begin, end = period
    return and_(time >= begin, time < end)
