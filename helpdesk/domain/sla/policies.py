"""SLA policies as admins set them: targets, business hours, holidays."""

import re
from collections.abc import Callable
from datetime import date
from typing import TypeVar

from sqlalchemy import delete, select

from helpdesk import clock
from helpdesk.domain import background_jobs
from helpdesk.domain.administration import settings
from helpdesk.domain.errors import ValidationError, ensure_fields
from helpdesk.domain.people import permissions
from helpdesk.domain.sla import holiday_calendar
from helpdesk.extensions import db
from helpdesk.markup.one_line import to_one_line
from helpdesk.models.organization import Organization
from helpdesk.models.priorities import Priority
from helpdesk.models.sla import BusinessHours, Holiday, SlaPolicy
from helpdesk.models.user import User
from helpdesk.translation import gettext, lazy_gettext

MAX_MINUTES = 60 * 24 * 90  # working minutes
DAY_MINUTES = 1440
DURATION_PATTERN = re.compile(r"(?:(\d{1,5})\s*h)?\s*(?:(\d{1,6})\s*m?)?", re.I)
T = TypeVar("T")
WEEKDAY_NAMES = (
    lazy_gettext("Monday"),
    lazy_gettext("Tuesday"),
    lazy_gettext("Wednesday"),
    lazy_gettext("Thursday"),
    lazy_gettext("Friday"),
    lazy_gettext("Saturday"),
    lazy_gettext("Sunday"),
)


def list_policies(organization: Organization | None = None) -> dict[str, SlaPolicy]:
    """Return the policies by priority: an organization's own, or the general ones."""
    is_owner = SlaPolicy.organization_id == organization.id if organization else SlaPolicy.organization_id.is_(None)
    return {policy.priority: policy for policy in db.session.scalars(select(SlaPolicy).where(is_owner))}


def set_policies(values: dict[str, str], *, actor: User, organization: Organization | None = None) -> None:
    """Replace the targets: "<priority>-first_response" and "<priority>-resolution" as "4h 30m", "" for none.

    Raises PermissionDenied, and ValidationError with a sentence for every wrong field.
    """
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins set service levels."))
    names = [f"{priority}-{kind}" for priority in Priority for kind in ("first_response", "resolution")]
    parsed = {name: _try_to_parse(parse_duration, values.get(name, "")) for name in names}
    minutes = {name: amount for name, (_, amount) in parsed.items()}
    ensure_fields(
        gettext("Some targets need another look."),
        *((name, parsed[name][0], gettext("Write a length of time like 4h, 30m or 1h 30m.")) for name in names),
        *(
            (
                f"{priority}-resolution",
                (minutes[f"{priority}-first_response"] or 0) <= (minutes[f"{priority}-resolution"] or MAX_MINUTES),
                gettext("A resolution cannot be due before the first response."),
            )
            for priority in Priority
        ),
    )
    settings.lock()  # of two first changes at the same time both would add rows
    present = list_policies(organization)
    for priority in Priority:
        first_response, resolution = minutes[f"{priority}-first_response"], minutes[f"{priority}-resolution"]
        policy = present.get(priority)
        if first_response is None and resolution is None:
            if policy:
                db.session.delete(policy)
            continue
        if policy is None:
            policy = SlaPolicy(organization_id=organization.id if organization else None, priority=priority)
            db.session.add(policy)
        policy.first_response, policy.resolution = first_response, resolution
    _enqueue_recalculation()


def set_business_hours(values: dict[str, str], *, zone: str, actor: User) -> None:
    """Replace the business hours: ``values`` by weekday ("0" is Monday) as "09:00-12:30, 13:30-17:00"; "" is a day off.

    "22:00-06:00" is a night shift, whose second part is stored with the next day. All days empty means all day, every
    day. Raises PermissionDenied and ValidationError.
    """
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins set working hours."))
    known = clock.find_time_zone(zone)
    parsed = [_try_to_parse(parse_intervals, values.get(str(weekday), "")) for weekday in range(7)]
    ensure_fields(
        gettext("Some hours need another look."),
        ("time_zone", known, gettext("There is no such time zone; write one like Europe/Berlin.")),
        *(
            (
                f"hours-{weekday}",
                parsed[weekday][0],
                gettext(
                    "Write %(weekday)s's hours like 09:00-12:30, 13:30-17:00 or 22:00-06:00, or leave it empty.",
                    weekday=name,
                ),
            )
            for weekday, name in enumerate(WEEKDAY_NAMES)
        ),
    )
    intervals: dict[int, list[tuple[int, int]]] = {weekday: [] for weekday in range(7)}
    for weekday, (_, of_day) in enumerate(parsed):
        for opens, closes in of_day or ():
            intervals[weekday].append((opens, min(closes, DAY_MINUTES)))
            if closes > DAY_MINUTES:
                intervals[(weekday + 1) % 7].append((0, closes - DAY_MINUTES))
    settings.lock()
    db.session.execute(delete(BusinessHours))
    db.session.add_all(
        BusinessHours(weekday=weekday, opens=opens, closes=closes)
        for weekday, of_day in intervals.items()
        for opens, closes in _join_intervals(of_day)
    )
    settings.set("time_zone", known)
    _enqueue_recalculation()


def add_holiday(day: str, name: str, *, actor: User, every_year: bool = False) -> Holiday:
    """Add a holiday on ``day`` ("2026-12-25"), or change it. Raises PermissionDenied and ValidationError."""
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins set holidays."))
    try:
        parsed_day = date.fromisoformat(day.strip())
    except ValueError:
        raise ValidationError(gettext("Write the day like 2026-12-25."), "day") from None
    settings.lock()
    holiday = db.session.get(Holiday, parsed_day) or Holiday(day=parsed_day)
    holiday.name = to_one_line(name)[:80]
    holiday.every_year = every_year
    db.session.add(holiday)
    _enqueue_recalculation()
    return holiday


def import_holidays(content: bytes, *, actor: User) -> int:
    """Add the holidays of a calendar file (see ``holiday_calendar``); returns how many days.

    Days that are known take the name and the repetition of the file. Raises PermissionDenied and ValidationError.
    """
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins set holidays."))
    found = holiday_calendar.read_holidays(content)
    settings.lock()
    for each in found:
        db.session.merge(Holiday(day=each.day, name=each.name, every_year=each.every_year))
    _enqueue_recalculation()
    return len(found)


def remove_holiday(holiday: Holiday, *, actor: User) -> None:
    """Delete a holiday. Raises PermissionDenied."""
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins set holidays."))
    db.session.delete(holiday)
    _enqueue_recalculation()


def parse_duration(text: str) -> int | None:
    """Return a duration such as "1h 30m" in minutes, None for an empty text. Raises ValueError."""
    text = text.strip()
    if not text:
        return None
    match = DURATION_PATTERN.fullmatch(text)
    if not match:
        raise ValueError(text)
    amount = int(match[1] or 0) * 60 + int(match[2] or 0)
    if not 0 < amount <= MAX_MINUTES:
        raise ValueError(text)
    return amount


def format_duration(minutes: int | None) -> str:
    """Return minutes as a duration that ``parse_duration`` reads: 90 is "1h 30m"; "" for none."""
    if not minutes:
        return ""
    hours, rest = divmod(minutes, 60)
    return " ".join(part for part in (f"{hours}h" if hours else "", f"{rest}m" if rest else "") if part)


def parse_intervals(text: str) -> list[tuple[int, int]]:
    """Return "09:00-12:30, 13:30-17:00" as minutes after midnight, in order. Raises ValueError, also for an overlap.

    A period that closes before it opens ends on the next day: "22:00-06:00" is (1320, 1800). 23:59 means midnight:
    people write it where they mean the end of the day.
    """
    intervals = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        begin, _, end = part.replace("–", "-").partition("-")
        opens, closes = _parse_clock_time(begin), _parse_clock_time(end)
        if closes == DAY_MINUTES - 1:
            closes = DAY_MINUTES
        if closes == opens or opens == DAY_MINUTES:
            raise ValueError(text)
        intervals.append((opens, closes if closes > opens else closes + DAY_MINUTES))
    intervals.sort()
    last = 0
    for opens, closes in intervals:
        if opens < last:
            raise ValueError(text)
        last = closes
    return intervals


def _try_to_parse(parse: Callable[[str], T], text: str) -> tuple[bool, T | None]:
    """Return whether ``parse`` understands ``text``, and its result."""
    try:
        return True, parse(text)
    except ValueError:
        return False, None


def _join_intervals(intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """``intervals`` in order, with those joined that touch or overlap: a night shift may reach into the next day's."""
    joined: list[tuple[int, int]] = []
    for opens, closes in sorted(intervals):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(closes, joined[-1][1]))
        else:
            joined.append((opens, closes))
    return joined


def _parse_clock_time(text: str) -> int:
    hours, _, rest = text.strip().partition(":")
    if not (hours.isdecimal() and (rest or "0").isdecimal()):
        raise ValueError(text)
    value = int(hours) * 60 + int(rest or 0)
    if int(rest or 0) > 59 or value > 1440:
        raise ValueError(text)
    return value


def _enqueue_recalculation() -> None:
    """Enqueue the job that updates the timers of all unsolved tickets, a batch at a time."""
    db.session.flush()
    background_jobs.enqueue_job("apply_service_levels")
