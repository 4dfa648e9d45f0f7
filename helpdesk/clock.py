"""The current time. Times are aware and in UTC everywhere; pages and mails convert them to the reader's time zone.

With PostgreSQL it is the time of the database's clock: what one machine makes due "now" is due for all of them, however
far their own clocks are apart.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import available_timezones

MIN_OFFSET = timedelta(seconds=0.25)  # a smaller difference is left alone: it would make times jump for nothing

follows_database = True
_offset = timedelta(0)


def now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC) + _offset


def measure_offset(read_server_time: Callable[[], datetime]) -> None:
    """Follow the clock that ``read_server_time`` reads. An answer that takes long says little and changes nothing."""
    global _offset
    began, asked_at = time.monotonic(), datetime.now(UTC)
    server_time = read_server_time()
    took = timedelta(seconds=time.monotonic() - began)
    if not follows_database or took > 4 * MIN_OFFSET:
        return
    offset = server_time - (asked_at + took / 2)
    _offset = offset if abs(offset) > MIN_OFFSET + took / 2 else timedelta(0)


def reset_offset() -> None:
    """Follow this machine's clock again, until the next measurement."""
    global _offset
    _offset = timedelta(0)


@lru_cache(maxsize=1)
def time_zone_names() -> tuple[str, ...]:
    """Return the names of all time zones, sorted; cached, since a look-up opens every file of the zone database."""
    return tuple(sorted(available_timezones()))


def find_time_zone(text: str) -> str | None:
    """The name of the time zone that somebody means who types "Europe/Berlin", "berlin" or "New York"; None if unknown
    or if several are called so.
    """
    wanted = "_".join(text.split()).casefold()
    names = time_zone_names()
    exact = [name for name in names if name.casefold() == wanted]
    found = exact or [name for name in names if name.casefold().rpartition("/")[2] == wanted]
    return found[0] if len(found) == 1 else None


def name_zone(local: datetime) -> str:
    """The abbreviation of the zone of ``local``, or its distance from UTC where it has none: "NZDT", "UTC+03"."""
    name = local.tzname() or ""
    return f"UTC{name}" if name[:1] in "+-" and name else name
