"""Read what an invitation, or the answer to one, is about: for mail that has no other text."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from helpdesk.channels.email.parse import mime
from helpdesk.channels.email.parse.parts import MimePart

MAX_BYTES = 64_000  # of the calendar
MAX_LENGTH = 4_000  # characters of one value


def read_calendar(parts: Sequence[MimePart]) -> list[str]:
    """Return title, time, place and description of the first event in ``parts``, each on lines of its own; [] for
    none.
    """
    part = next((part for part in parts if part.media_type == "text/calendar"), None)
    if part is None:
        return []
    # Here, because it takes 0.1 s to load and few mails are invitations.
    from icalendar import Calendar

    try:
        calendar = Calendar.from_ical(mime.part_text(part.message)[:MAX_BYTES])
        event = next(iter(calendar.walk("VEVENT")), None)
    except (ValueError, TypeError, KeyError, IndexError):
        return []
    if event is None:
        return []
    times = " – ".join(filter(None, (_time(event.get(name)) for name in ("DTSTART", "DTEND"))))
    values = [_text(event.get("SUMMARY")), times, _text(event.get("LOCATION")), _text(event.get("DESCRIPTION"))]
    return [line for value in values if value for line in value.split("\n")]


def _text(value: Any) -> str:
    return str(value)[:MAX_LENGTH].replace("\r\n", "\n").strip() if isinstance(value, str) else ""


def _time(value: Any) -> str:
    moment = getattr(value, "dt", None)
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            return moment.strftime("%Y-%m-%d %H:%M")
        return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return moment.isoformat() if isinstance(moment, date) else ""
