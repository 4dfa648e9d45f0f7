"""Read holidays from a calendar file (iCalendar, RFC 5545), as calendar programs and authorities publish them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from dateutil import rrule

from helpdesk import clock
from helpdesk.domain.errors import ValidationError
from helpdesk.markup.one_line import to_one_line
from helpdesk.translation import format_number, gettext

if TYPE_CHECKING:
    from icalendar import Component, vRecur

MAX_BYTES = 512 * 1024
MAX_DAYS = 1000  # of all events together
MAX_LENGTH = 31  # days of one event
MAX_NAME_LENGTH = 80
MAX_AGE = 60  # years since the first of such an event
YEARS_AHEAD = 5  # in which an event is repeated that does not come back on the same day of every year
FIELD = "calendar"


@dataclass(frozen=True)
class CalendarHoliday:
    """One day of an event; with ``every_year`` the event comes back on that day of every year."""

    day: date
    name: str
    every_year: bool = False


def read_holidays(content: bytes) -> list[CalendarHoliday]:
    """Return the days of the file's events that last whole days, in order; events with a time of day are left out.

    An event that is repeated otherwise than on the same day of every year is taken for the next years. Raises
    ValidationError.
    """
    if len(content) > MAX_BYTES:
        raise ValidationError(
            gettext("A calendar file has at most %(size)s KB.", size=format_number(MAX_BYTES // 1024)), FIELD
        )
    # Here, because it takes 0.1 s to load and a desk imports its holidays once a year.
    from icalendar import Calendar

    try:
        events = [event for each in Calendar.from_ical(content, multiple=True) for event in each.walk("VEVENT")]
        found = {holiday.day: holiday for event in events for holiday in _read_event(event)}
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, RecursionError):
        raise ValidationError(gettext("This is not a calendar file (.ics)."), FIELD) from None
    if not found:
        raise ValidationError(gettext("No event of this file lasts a whole day."), FIELD)
    if len(found) > MAX_DAYS:
        raise ValidationError(
            gettext("A calendar file has at most %(most)s holidays.", most=format_number(MAX_DAYS)), FIELD
        )
    return [found[day] for day in sorted(found)]


def _read_event(event: "Component") -> Iterator[CalendarHoliday]:
    found = _read_days(event)
    if found is None or str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    begins, length = found
    name = to_one_line(str(event.get("SUMMARY", "")))[:MAX_NAME_LENGTH]
    every_year = _is_yearly(event.get("RRULE"))
    for first in [begins] if every_year else _list_repeats(begins, event.get("RRULE")):
        for number in range(max(1, min(length, MAX_LENGTH))):
            yield CalendarHoliday(first + timedelta(days=number), name, every_year)


def _read_days(event: "Component") -> tuple[date, int] | None:
    """Return the first day of an event and its number of days; None if it does not last whole days.

    Outlook writes whole days from midnight to midnight.
    """
    begins, ends, duration = (event.decoded(name, None) for name in ("DTSTART", "DTEND", "DURATION"))
    if not isinstance(begins, date):
        return None
    first = _as_moment(begins)
    length = timedelta() if isinstance(begins, datetime) else timedelta(days=1)
    if isinstance(ends, date):
        length = _as_moment(ends) - first
    elif isinstance(duration, timedelta):
        length = duration
    is_whole = first.time() == time() and length % timedelta(days=1) == timedelta() and length > timedelta()
    return (first.date(), length.days) if is_whole else None


def _as_moment(value: date) -> datetime:
    """Return the moment in local time."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else datetime.combine(value, time())


def _list_repeats(begins: date, rule: object) -> list[date]:
    """Return the days on which an event of ``begins`` is repeated, from this year to YEARS_AHEAD; itself at least."""
    from icalendar import vRecur

    today = clock.now().date()
    is_old = begins.year < today.year - MAX_AGE
    if is_old or not isinstance(rule, vRecur) or rule.get("FREQ") not in (["YEARLY"], ["MONTHLY"]):
        return [begins]
    last = datetime(today.year + YEARS_AHEAD, today.month, 1)  # noqa: DTZ001, local time
    if rule.get("UNTIL"):
        last = min(last, _as_moment(rule["UNTIL"][0]))
    limited = vRecur({key: value for key, value in rule.items() if key not in ("UNTIL", "COUNT")})
    limited["UNTIL"] = [last]
    repeats = rrule.rrulestr(_write_rule(limited), dtstart=datetime.combine(begins, time()))
    counted = islice(repeats, *rule["COUNT"]) if rule.get("COUNT") else repeats
    return [begins, *(each.date() for each in counted if each.year >= today.year and each.date() != begins)]


def _write_rule(rule: "vRecur") -> str:
    written: bytes = rule.to_ical()  # type: ignore[no-untyped-call]
    return written.decode()


def _is_yearly(rule: object) -> bool:
    """Whether the rule repeats an event on the same day of every year, without an end."""
    if not isinstance(rule, dict):
        return False
    is_plain = set(rule) <= {"FREQ", "INTERVAL", "WKST", "BYMONTH", "BYMONTHDAY"}
    return is_plain and rule.get("FREQ") == ["YEARLY"] and rule.get("INTERVAL", [1]) == [1]
