"""The one clock. Times are aware and in UTC everywhere; a page or a mail turns them into somebody's own."""

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import available_timezones


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


@lru_cache(maxsize=1)
def time_zone_names() -> tuple[str, ...]:
    """The names of all time zones, sorted. Looked up once in a process: it opens every file of the zone database."""
    return tuple(sorted(available_timezones()))
