"""When the team is back, for somebody who writes outside its business hours."""

from datetime import datetime, timedelta

from helpdesk import clock
from helpdesk.domain.administration import settings
from helpdesk.domain.people.reader_time_zone import get_reader_time_zone
from helpdesk.domain.sla import business_hours, timers
from helpdesk.models.user import User
from helpdesk.translation import format_datetime, format_time, format_weekday, gettext

SECOND = timedelta(seconds=1)
WEEK = timedelta(days=6)  # in which the name of a day is enough


def find_return(schedule: business_hours.Schedule, now: datetime) -> datetime | None:
    """When the team works again; None if it works ``now``, or never."""
    end = business_hours.add_working_seconds(schedule, now, 1)
    return None if end is None or end - SECOND <= now else end - SECOND


def describe_return(reader: User) -> str:
    """A sentence with the time on ``reader``'s clock, where the setting ``show_hours`` asks for it; "" within hours."""
    if not settings.get("show_hours"):
        return ""
    now = clock.now()
    back = find_return(timers.working_schedule(), now)
    if back is None:
        return ""
    zone = get_reader_time_zone(reader)
    if back - now > WEEK:
        moment = format_datetime(back, zone)
    else:
        moment = f"{format_weekday(back.astimezone(zone).date())} {format_time(back, zone)}"
    return gettext("You can write at any time. The team is back (your time): %(moment)s", moment=moment)
