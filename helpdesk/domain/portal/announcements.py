"""The announcement above every page of the portal, between two times, for all customers or one organization's."""

from datetime import datetime, tzinfo

from helpdesk import clock
from helpdesk.domain.administration import settings
from helpdesk.domain.people.reader_time_zone import get_reader_time_zone
from helpdesk.models.user import User


def current_announcement(reader: User | None) -> str:
    """What ``reader`` is shown now; "" for nothing, and for the team."""
    values = settings.get_all()
    text = str(values["announcement"])
    if not text or reader is None or reader.is_team:
        return ""
    wanted = values["announcement_organization"]
    if wanted and (reader.organization is None or reader.organization.slug != wanted):
        return ""
    now, zone = clock.now(), get_reader_time_zone(None)
    begins, ends = (parse_moment(values[name], zone) for name in ("announcement_from", "announcement_until"))
    is_shown = (begins is None or begins <= now) and (ends is None or now < ends)
    return text if is_shown else ""


def parse_moment(text: str, zone: tzinfo) -> datetime | None:
    """The time ``text`` ("2026-11-28T09:00") on the clock of ``zone``; None for "" and for what is no such time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else None
