"""Format values for a mail: readable colours, times and sizes in words."""

import re
from dataclasses import dataclass
from datetime import datetime

from helpdesk.color_contrast import text_color_on

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
    return f"{when.day} {when:%b %Y, %H:%M} {when.tzname() or ''}".rstrip()


def format_size(count: int) -> str:
    """Format bytes in words: 812 bytes, 14 KB, 2.3 MB."""
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1000:.0f} KB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"
