"""Ranges of days for reports, the period before each, and their parts: days, weeks or months.

Days begin at midnight in the installation's time zone, the same for every reader, so that two people read one number.
"""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from helpdesk import clock
from helpdesk.domain.administration import settings
from helpdesk.translation import format_day, lazy_gettext

Period = tuple[datetime, datetime]  # from the first until just before the second

CHOSEN = "dates"
DEFAULT_RANGE = "weeks_12"
RANGE_LABELS = {
    "this_week": lazy_gettext("This week"),
    "last_week": lazy_gettext("Last week"),
    "this_month": lazy_gettext("This month"),
    "last_month": lazy_gettext("Last month"),
    "weeks_4": lazy_gettext("4 weeks"),
    "weeks_12": lazy_gettext("12 weeks"),
    "weeks_26": lazy_gettext("26 weeks"),
    "weeks_52": lazy_gettext("52 weeks"),
    CHOSEN: lazy_gettext("From … to …"),
}
MAX_DAYS = 3660  # ten years
MAX_PARTS = 120
UNITS = ("day", "week", "month")
YEARS = range(1990, 2200)


@dataclass(frozen=True)
class DateRange:
    """The days from ``first`` to ``last``, both included."""

    first: date
    last: date

    @property
    def period(self) -> Period:
        """Its begin and its end, in UTC."""
        return midnight(self.first), midnight(self.last + timedelta(days=1))

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def before(self) -> "DateRange":
        """The range of the same length that ends the day before; of whole months as many months."""
        last = self.first - timedelta(days=1)
        months = self._whole_months()
        if not months:
            return DateRange(last - timedelta(days=self.days - 1), last)
        place = self.first.year * 12 + self.first.month - 1 - months
        return DateRange(date(place // 12, place % 12 + 1, 1), last)

    def compared_period(self) -> Period:
        """The period before; if the range is not over yet, as much of it as has passed of the range."""
        (begin, end), (earlier_begin, earlier_end) = self.period, self.before().period
        now = clock.now()
        if begin < now < end:
            return earlier_begin, min(earlier_begin + (now - begin), earlier_end)
        return earlier_begin, earlier_end

    def choose_unit(self, wanted: str = "") -> str:
        """The unit of its parts: ``wanted``, or what suits its length; a longer one where there were too many."""
        fitting = "day" if self.days <= 31 else "week" if self.days <= 400 else "month"
        unit = wanted if wanted in UNITS else fitting
        while unit != "month" and self.days / (1 if unit == "day" else 7) > MAX_PARTS:
            unit = UNITS[UNITS.index(unit) + 1]
        return unit

    def split(self, unit: str) -> list["DateRange"]:
        """Its days, weeks (from Monday) or months, in order; the first and the last may be cut."""
        parts, first = [], self.first
        while first <= self.last:
            last = min(_last_day(first, unit), self.last)
            parts.append(DateRange(first, last))
            first = last + timedelta(days=1)
        return parts

    def label(self, unit: str) -> str:
        """The name of a part in the reader's language: its first day, or its month."""
        return format_day(self.first, "yMMM" if unit == "month" else "MMMd")

    def _whole_months(self) -> int:
        if self.first.day != 1 or (self.last + timedelta(days=1)).day != 1:
            return 0
        return (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1


def find_range(name: str, first: str = "", last: str = "") -> DateRange:
    """Return the range called ``name``, seen from today; for CHOSEN the days from ``first`` to ``last``.

    What is no day is today; an order the wrong way round is turned; MAX_DAYS at most.
    """
    today = local_today()
    monday, month = today - timedelta(days=today.weekday()), today.replace(day=1)
    match name:
        case "this_week":
            return DateRange(monday, monday + timedelta(days=6))
        case "last_week":
            return DateRange(monday - timedelta(days=7), monday - timedelta(days=1))
        case "this_month":
            return DateRange(month, _last_day(month, "month"))
        case "last_month":
            last_day = month - timedelta(days=1)
            return DateRange(last_day.replace(day=1), last_day)
        case "dates":
            begins, ends = sorted((parse_date(first) or today, parse_date(last) or today))
            return DateRange(max(begins, ends - timedelta(days=MAX_DAYS - 1)), ends)
    weeks = int(name.removeprefix("weeks_")) if name in RANGE_LABELS else 12
    return DateRange(monday - timedelta(weeks=weeks - 1), monday + timedelta(days=6))


def parse_date(text: str) -> date | None:
    """Return the day ``text`` (year-month-day); None for what is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in YEARS else None


def local_today() -> date:
    """Return today's date in the installation's time zone."""
    return local_date(clock.now())


def local_date(moment: datetime) -> date:
    """Return the day of ``moment`` in the installation's time zone."""
    return moment.astimezone(time_zone()).date()


def midnight(day: date) -> datetime:
    """Return the begin of ``day`` in the installation's time zone, in UTC."""
    return datetime.combine(day, time(), time_zone()).astimezone(UTC)


def days_of(period: Period) -> tuple[date, date]:
    """Return the first and the last day of ``period``."""
    begin, end = period
    return local_date(begin), local_date(end - timedelta(microseconds=1))


def time_zone() -> ZoneInfo:
    """The zone in which days begin."""
    return ZoneInfo(settings.get("time_zone"))


def _last_day(day: date, unit: str) -> date:
    if unit == "day":
        return day
    if unit == "week":
        return day + timedelta(days=6 - day.weekday())
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
