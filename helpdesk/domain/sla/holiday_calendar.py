"""Read holidays from a calendar file (iCalendar, RFC 5545), as calendar programs and authorities publish them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import icalendar

from helpdesk.domain.errors import ValidationError
from helpdesk.translation import format_number, gettext

MAX_BYTES = 512 * 1024
MAX_DAYS = 1000  # of all events together
MAX_LENGTH = 31  # days of one event
MAX_NAME_LENGTH = 80
FIELD = "calendar"


@dataclass(frozen=True)
class CalendarHoliday:
    """One day of an event; with ``every_year`` the event comes back on that day of every year."""

    day: date
    name: str
    every_year: bool = False


def read_holidays(content: bytes) -> list[CalendarHoliday]:
    """Return the days of the file's events that last whole days, in order; events with a time of day are left out.

    An event that is repeated otherwise than on the same day of every year is taken once. Raises ValidationError.
    """
    if len(content) > MAX_BYTES:
        raise ValidationError(
            gettext("A calendar file has at most %(size)s KB.", size=format_number(MAX_BYTES // 1024)), FIELD
        )
    try:
        events = [
            event for each in icalendar.Calendar.from_ical(content, multiple=True) for event in each.walk("VEVENT")
        ]
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


def _read_event(event: icalendar.Component) -> list[CalendarHoliday]:
    begins = event.decoded("DTSTART", None)
    if not isinstance(begins, date) or isinstance(begins, datetime):
        return []
    ends = event.decoded("DTEND", None)  # the first day after the event
    length = (ends - begins).days if isinstance(ends, date) and not isinstance(ends, datetime) else 1
    name = " ".join(str(event.get("SUMMARY", "")).split())[:MAX_NAME_LENGTH]
    days = range(max(1, min(length, MAX_LENGTH)))
    every_year = _is_yearly(event.get("RRULE"))
    return [CalendarHoliday(begins + timedelta(days=number), name, every_year) for number in days]


def _is_yearly(rule: object) -> bool:
    """Whether the rule repeats an event on the same day of every year, without an end."""
    if not isinstance(rule, dict):
        return False
    is_plain = set(rule) <= {"FREQ", "INTERVAL", "WKST", "BYMONTH", "BYMONTHDAY"}
    return is_plain and rule.get("FREQ") == ["YEARLY"] and rule.get("INTERVAL", [1]) == [1]
