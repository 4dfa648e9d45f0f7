"""How the texts of settings are checked: those that would do nothing or harm later, where nobody sees why."""

import re
from collections.abc import Callable
from datetime import datetime

from helpdesk import clock
from helpdesk.domain import email_address
from helpdesk.translation import gettext

MAX_NAME_LENGTH = 60
MAX_ANNOUNCEMENT_LENGTH = 300


def _read_name(text: str) -> str:
    if not 0 < len(text) <= MAX_NAME_LENGTH:
        raise ValueError(gettext("Enter a name of at most 60 characters."))
    return text


def _read_color(text: str) -> str:
    if not re.fullmatch("#[0-9a-fA-F]{6}", text):
        raise ValueError(gettext("Choose a colour, like #2f5fd0."))
    return text


def _read_announcement(text: str) -> str:
    if len(text) > MAX_ANNOUNCEMENT_LENGTH:
        raise ValueError(gettext("Write at most 300 characters."))
    return text


def _read_moment(text: str) -> str:
    try:
        is_moment = not text or datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        is_moment = False
    if not is_moment:
        raise ValueError(gettext("Write a day and a time, like 2026-11-28T09:00."))
    return text


def _read_domains(text: str) -> str:
    return " ".join(email_address.canonical_domain(each) for each in text.replace(",", " ").split())


def _read_group(text: str) -> str:
    if text and not re.fullmatch("S[A-Z0-9]{4,20}", text.upper()):
        raise ValueError(gettext("The id of a user group begins with S, like S0123ABCD."))
    return text.upper()


def _read_time_zone(text: str) -> str:
    found = clock.find_time_zone(text)
    if found is None:
        raise ValueError(gettext("There is no such time zone; write one like Europe/Berlin."))
    return found


def _read_sender(text: str) -> str:
    return email_address.canonical_address(text) if text else ""


def _read_senders(text: str) -> str:
    """Return the addresses of ``text``, which are on lines of their own or between commas, one a line."""
    return "\n".join(dict.fromkeys(map(_read_sender, text.replace(",", " ").split())))


def _read_link(text: str) -> str:
    if text and not re.fullmatch(r"https?://\S+", text):
        raise ValueError(gettext("Write an address that begins with https://."))
    return text


# Each returns the text to store, or raises ValueError with a sentence.
READERS: dict[str, Callable[[str], str]] = {
    "portal_name": _read_name,
    "team_name": _read_name,
    "accent": _read_color,
    "announcement": _read_announcement,
    "announcement_from": _read_moment,
    "announcement_until": _read_moment,
    "internal_domains": _read_domains,
    "on_call_group": _read_group,
    "time_zone": _read_time_zone,
    "system_email": _read_sender,
    "support_addresses": _read_senders,
    "status_page_url": _read_link,
}
