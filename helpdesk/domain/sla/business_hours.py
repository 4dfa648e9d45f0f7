"""Working time, as pure arithmetic: how much of it lies between two moments, and when an amount of it is used up."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WHOLE_DAY = ((0, 1440),)
MAX_DAYS_AHEAD = 3_660  # days; an amount that is not used up by then never is


@dataclass(frozen=True)
class Schedule:
    """When the team works: stretches (minutes after midnight) by weekday (0 is Monday) in ``zone``, but for ``holidays``.

    Without any hours it works around the clock. Stretches of a day are in order and do not overlap.
    """

    zone: ZoneInfo = ZoneInfo("UTC")
    hours: dict[int, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    holidays: frozenset[date] = frozenset()


def working_seconds_between(schedule: Schedule, begin: datetime, end: datetime) -> int:
    """Working seconds from ``begin`` to ``end`` (aware); 0 where ``end`` is not later."""
    total = timedelta()
    for opens, closes in _working_intervals(schedule, begin):
        if opens >= end:
            break
        total += max(timedelta(), min(closes, end) - max(opens, begin))
    return int(total.total_seconds())


def add_working_seconds(schedule: Schedule, begin: datetime, seconds: int) -> datetime | None:
    """The moment (in UTC) at which ``seconds`` of working time have passed since ``begin``; None if that never comes.

    Nothing left to pass is ``begin`` itself, at night as well.
    """
    if seconds <= 0:
        return begin
    left = timedelta(seconds=seconds)
    for opens, closes in _working_intervals(schedule, begin):
        opens = max(opens, begin)
        if closes - opens >= left:
            return opens + left
        left -= max(timedelta(), closes - opens)
    return None


def _working_intervals(schedule: Schedule, begin: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The working stretches from the day of ``begin`` on, in UTC and in order."""
    day = begin.astimezone(schedule.zone).date()
    for _ in range(MAX_DAYS_AHEAD):
        if day not in schedule.holidays:
            for opens, closes in schedule.hours.get(day.weekday(), ()) if schedule.hours else WHOLE_DAY:
                yield _wall_clock_time(schedule.zone, day, opens), _wall_clock_time(schedule.zone, day, closes)
        day += timedelta(days=1)


def _wall_clock_time(zone: ZoneInfo, day: date, minutes: int) -> datetime:
    """That many minutes on the clock on the wall, which on two days a year is not that many since midnight."""
    if minutes >= 1440:
        day, minutes = day + timedelta(days=1), minutes - 1440
    return datetime.combine(day, time(minutes // 60, minutes % 60), zone).astimezone(UTC)
