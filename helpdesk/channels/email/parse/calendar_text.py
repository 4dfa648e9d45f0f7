"""Read what an invitation, or the answer to one, is about: for mail that has no other text."""

import logging
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from helpdesk.channels.email.parse import mime
from helpdesk.channels.email.parse.parts import MimePart

log = logging.getLogger(__name__)

MAX_LENGTH_READ = 64_000  # characters of a calendar
MAX_LENGTH_GIVEN = 2_000_000  # in which what programs add is looked for
MAX_LENGTH = 4_000  # characters of one value

_ADDED = re.compile(r"^(?:X-[\w-]+|ATTACH)[;:].*\n(?:[ \t].*\n)*", re.IGNORECASE | re.MULTILINE)
_TIME_ZONE = re.compile(r"^BEGIN:VTIMEZONE\b[\s\S]{0,6000}?^END:VTIMEZONE\b.*\n", re.IGNORECASE | re.MULTILINE)


def read_calendar(parts: Sequence[MimePart]) -> list[str]:
    """Return title, time, place, description and comments of the first event or task in ``parts``, each on lines of
    its own; [] for none.
    """
    part = next((part for part in parts if part.media_type == "text/calendar"), None)
    if part is None:
        return []
    text = _ADDED.sub("", mime.part_text(part.message)[:MAX_LENGTH_GIVEN].replace("\r\n", "\n"))[:MAX_LENGTH_READ]
    try:
        return _read_event(text)
    except Exception:  # the library's, for what is none: a time zone that is incomplete, a day that does not exist
        log.info("A calendar cannot be read as it is.")
    try:
        return _read_event(_TIME_ZONE.sub("", text))
    except Exception:
        return []


def _read_event(text: str) -> list[str]:
    # Here, because it takes 0.1 s to load and few mails are invitations.
    from icalendar import Calendar

    calendar = Calendar.from_ical(text)
    tasks = (found for found in calendar.walk() if found.get("SUMMARY") is not None)
    event = next(iter(calendar.walk("VEVENT")), None) or next(tasks, None)
    if event is None:
        return []
    times = " – ".join(filter(None, (_time(event.get(name)) for name in ("DTSTART", "DTEND", "DUE"))))
    given = event.get("COMMENT")
    comments = given if isinstance(given, list) else [given]
    values = [_text(event.get("SUMMARY")), times, _text(event.get("LOCATION")), _text(event.get("DESCRIPTION"))]
    return [line for value in (*values, *map(_text, comments)) if value for line in value.split("\n")]


def _text(value: Any) -> str:
    return str(value)[:MAX_LENGTH].replace("\r\n", "\n").strip() if isinstance(value, str) else ""


def _time(value: Any) -> str:
    moment = getattr(value, "dt", None)
    if isinstance(moment, datetime):
        if moment.tzinfo is None or moment.year <= 1:  # to UTC, the first year may have no such day
            return moment.strftime("%Y-%m-%d %H:%M")
        return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return moment.isoformat() if isinstance(moment, date) else ""
