"""Format values for a mail: readable colours, times and sizes in words."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from helpdesk import clock
from helpdesk.color_contrast import text_color_on
from helpdesk.translation import dates, format_number, gettext, ngettext

_FALLBACK = "#2457c5"


@dataclass(frozen=True)
class Colours:
    """The accent as a background, and the text colour that can be read on it."""

    accent: str
    on_accent: str


def colours(accent: str) -> Colours:
    """Return ``accent`` (#rrggbb) with black or white on it, whichever contrasts more; anything else gives the default
    blue.
    """
    accent = accent.lower() if re.fullmatch(r"#[0-9a-fA-F]{6}", accent) else _FALLBACK
    return Colours(accent, text_color_on(accent))


def format_datetime(when: datetime) -> str:
    """Format a time in its own time zone: 22 Nov 2026, 14:05 UTC."""
    return f"{dates.format_datetime(when, when.tzinfo or UTC, 'medium')} {clock.name_zone(when)}".rstrip()


def format_size(count: int) -> str:
    """Format bytes in words: 812 bytes, 14 KB, 2.3 MB."""
    if count < 1000:
        return ngettext("%(num)s byte", "%(num)s bytes", count)
    return (
        gettext("%(count)s KB", count=format_number(count / 1000, 0))
        if count < 1_000_000
        else gettext("%(count)s MB", count=format_number(count / 1_000_000, 1))
    )
