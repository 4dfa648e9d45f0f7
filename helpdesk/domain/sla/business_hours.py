"""Arithmetic of business hours: working time between two times, and the time after an amount of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WHOLE_DAY = ((0, 1440),)
MAX_DAYS_AHEAD = 3_660  # days; an amount that is not used up by then counts as never


@dataclass(frozen=True)
class Schedule:
    """When the team works: intervals (minutes after midnight) by weekday (0: Monday) in ``zone``, not on ``holidays``.

    ``yearly_holidays``: the first date of each holiday that comes back every year, by month and day. Without any hours
    it works all day. Intervals of a day are in order and do not overlap.
    """

    zone: ZoneInfo = ZoneInfo("UTC")
    hours: dict[int, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    holidays: frozenset[date] = frozenset()
    yearly_holidays: dict[tuple[int, int], date] = field(default_factory=dict)

    def is_holiday(self, day: date) -> bool:
        """Whether nobody works on ``day``, whatever the hours of its weekday."""
        first = self.yearly_holidays.get((day.month, day.day)) if self.yearly_holidays else None
        return day in self.holidays or (first is not None and day >= first)


def working_seconds_between(schedule: Schedule, begin: datetime, end: datetime) -> int:
    """Return the working seconds from ``begin`` to ``end`` (with time zone); 0 if ``end`` is not later."""
    total = timedelta()
    for opens, closes in _working_intervals(schedule, begin):
        if opens >= end:
            break
        total += max(timedelta(), min(closes, end) - max(opens, begin))
    return int(total.total_seconds())


def add_working_seconds(schedule: Schedule, begin: datetime, seconds: int) -> datetime | None:
    """Return the time (UTC) at which ``seconds`` of working time have passed since ``begin``; None for never.

    For 0 or less it is ``begin`` itself, also outside working hours.
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
    """Yield the working intervals from the day of ``begin`` on, in UTC and in order."""
    day = begin.astimezone(schedule.zone).date()
    for _ in range(MAX_DAYS_AHEAD):
        if not schedule.is_holiday(day):
            for opens, closes in schedule.hours.get(day.weekday(), ()) if schedule.hours else WHOLE_DAY:
                yield _local_time_to_utc(schedule.zone, day, opens), _local_time_to_utc(schedule.zone, day, closes)
        day += timedelta(days=1)


def _local_time_to_utc(zone: ZoneInfo, day: date, minutes: int) -> datetime:
    """Return the local time ``minutes`` (hours * 60 + minutes) in UTC, also on days when summer time begins or ends."""
    if minutes >= 1440:
        day, minutes = day + timedelta(days=1), minutes - 1440
    return datetime.combine(day, time(minutes // 60, minutes % 60), zone).astimezone(UTC)
