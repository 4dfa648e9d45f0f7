"""The current time. Times are aware and in UTC everywhere; pages and mails convert them to the reader's time zone."""

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import available_timezones


def now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC)


@lru_cache(maxsize=1)
def time_zone_names() -> tuple[str, ...]:
    """The names of all time zones, sorted; cached, since a look-up opens every file of the zone database."""
    return tuple(sorted(available_timezones()))
