"""What people choose for themselves: name, language, time zone, mails, and how agents are notified in a chat."""

import re

from helpdesk import clock
from helpdesk.domain.errors import ensure_fields
from helpdesk.domain.people import changes, users
from helpdesk.extensions import db
from helpdesk.models.user import User
from helpdesk.translation import LANGUAGES, gettext

TIME_PATTERN = re.compile(r"([01]?[0-9]|2[0-3]):[0-5][0-9]")
CHAT_NOTIFICATIONS = ("thread", "direct", "off")


def save_notifications(user: User, *, where: str, quiet_from: str, quiet_until: str) -> None:
    """Save where an agent is notified in a chat, and between which times ("22:00", "" for none) not.

    Raises ValidationError.
    """
    times = {"quiet_from": quiet_from.strip(), "quiet_until": quiet_until.strip()}
    is_time = {name: TIME_PATTERN.fullmatch(text) for name, text in times.items()}
    ensure_fields(
        gettext("Some answers need another look."),
        ("chat_notifications", where in CHAT_NOTIFICATIONS, gettext("Choose where you are notified.")),
        *((name, is_time[name] or not text, gettext("Give a time like 22:00.")) for name, text in times.items()),
        *(
            (name, bool(text) == all(times.values()), gettext("Give both times, or none."))
            for name, text in times.items()
        ),
    )
    user.chat_notifications = where
    user.quiet_from, user.quiet_until = (_parse_time(text) for text in times.values())
    db.session.flush()


def _parse_time(text: str) -> int | None:
    """Convert "22:30" to minutes of the day."""
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes) if text else None


def save_preferences(
    user: User, *, name: str, time_zone: str, mail_replies: bool, mail_updates: bool, language: str | None = None
) -> None:
    """Save what users choose for themselves. Raises ValidationError with a sentence per field."""
    name = users.clean_name(name)
    zone = clock.find_time_zone(time_zone) if time_zone.strip() else None
    ensure_fields(
        gettext("Some answers need another look."),
        ("name", name, gettext("Enter the name others read.")),
        ("time_zone", zone or not time_zone.strip(), gettext("Choose a time zone from the list.")),
    )
    changes.rename(user, name)
    user.time_zone = zone
    if language is not None:
        user.language = language if language in LANGUAGES else None
    user.mail_replies = mail_replies
    user.mail_updates = mail_updates
    db.session.flush()


def guess_time_zone(user: User, time_zone: str) -> None:
    """Keep ``time_zone``, as a browser names it, for somebody who has none; one that is not known is left out."""
    if user.time_zone is None and time_zone in clock.time_zone_names():
        user.time_zone = time_zone
        db.session.flush()
