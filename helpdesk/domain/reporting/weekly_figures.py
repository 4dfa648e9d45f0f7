"""The weekly summary in figures: last week beside the one before."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from helpdesk.domain import labels
from helpdesk.domain.administration import settings
from helpdesk.domain.reporting import reports

MAX_WAITING_TICKETS = 5  # tickets named


@dataclass(frozen=True)
class Figure:
    """One figure of the week in words; ``change`` against the week before, "" where there is nothing to say."""

    label: str
    value: str
    change: str = ""


def list_figures(begins: date) -> tuple[Figure, ...]:
    """What the week from the Monday ``begins`` looked like, each with its change against the week before."""
    now, before = (
        reports.total_figures(week_period(begins)),
        reports.total_figures(week_period(begins - timedelta(weeks=1))),
    )
    rating = f"{now.rating:.1f} of 5 from {now.ratings}" if now.rating is not None else "None"
    return (
        Figure("New tickets", str(now.filed), _compare_counts(now.filed, before.filed)),
        Figure("Solved", str(now.solved), _compare_counts(now.solved, before.solved)),
        Figure(
            "First answer, median",
            labels.format_duration(now.response_median),
            _compare_durations(now.response_median, before.response_median),
        ),
        Figure(
            "Solution, median",
            labels.format_duration(now.resolution_median),
            _compare_durations(now.resolution_median, before.resolution_median),
        ),
        Figure("Satisfaction", rating),
        Figure("Unsolved now", str(reports.count_backlog())),
    )


def week_period(begins: date) -> reports.Period:
    """The week that begins on that day, in the helpdesk's time zone."""
    zone = ZoneInfo(settings.get("time_zone"))
    ends = begins + timedelta(weeks=1)
    return (
        datetime(begins.year, begins.month, begins.day, tzinfo=zone),
        datetime(ends.year, ends.month, ends.day, tzinfo=zone),
    )


def _compare_counts(now: int, before: int) -> str:
    if now == before:
        return "as the week before"
    return f"{abs(now - before)} {'more' if now > before else 'fewer'} than the week before"


def _compare_durations(now: float | None, before: float | None) -> str:
    if now is None or before is None or round(now / 60) == round(before / 60):
        return ""
    return f"{labels.format_duration(abs(now - before))} {'slower' if now > before else 'faster'}"
