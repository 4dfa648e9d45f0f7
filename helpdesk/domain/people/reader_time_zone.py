"""Whose time zone: a person's own, else the installation's. Days that they type are days there."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from helpdesk.domain.administration import settings
from helpdesk.models.user import User

YEARS = range(1970, 2971)


def get_reader_time_zone(reader: User | None) -> ZoneInfo:
    """Return the zone in which ``reader`` reads times; UTC if the zone's name is not known here."""
    try:
        return ZoneInfo((reader and reader.time_zone) or settings.get("time_zone"))
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def parse_day(text: str, reader: User, later: int = 0) -> datetime | None:
    """The beginning of the day ``text`` (year-month-day) in the zone of ``reader``, in UTC; None if it is no day.

    ``later``: of a day so many days later; two days a year have 23 or 25 hours.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    if day.year not in YEARS:
        return None
    return datetime.combine(day + timedelta(days=later), time(), get_reader_time_zone(reader)).astimezone(UTC)
