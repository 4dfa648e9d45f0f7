"""The weekly summary: who gets it, when, and its row in the outbox."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain import outbox, settings
from helpdesk.extensions import db
from helpdesk.models.people import Role, User
from helpdesk.models.settings import SettingRow

HOUR = 7  # of a Monday, in the helpdesk's time zone
SENT = "weekly_summary_sent"


def send_weekly() -> int:
    """On Mondays after seven, once: a summary of last week to every lead and admin who wants such mail. Returns how many."""
    local = clock.now().astimezone(ZoneInfo(settings.get("time_zone")))
    if local.weekday() != 0 or local.hour < HOUR:
        return 0
    this_week = local.date().isoformat()
    sent = db.session.scalar(select(SettingRow).where(SettingRow.key == SENT).with_for_update())
    if sent is not None and sent.value == this_week:
        return 0
    if sent is None:
        db.session.add(SettingRow(key=SENT, value=this_week))
    else:
        sent.value = this_week
    db.session.flush()
    people = recipients()
    for person in people:
        send_to(person, local.date())
    return len(people)


def send_to(person: User, today: date) -> None:
    """One person's summary of the whole week before the one that ``today`` is in."""
    begins = today - timedelta(days=today.weekday() + 7)
    outbox.mail("weekly_summary", person.id, begins=begins.isoformat())


def today() -> date:
    """The day it is where the helpdesk is."""
    return clock.now().astimezone(ZoneInfo(settings.get("time_zone"))).date()


def recipients() -> list[User]:
    """Leads and admins who want mail about progress and whose address works."""
    leads = select(User).where(
        User.role.in_((Role.lead, Role.admin)),
        User.deactivated_at.is_(None),
        User.mail_updates,
        User.mail_dead_reason.is_(None),
    )
    return list(db.session.scalars(leads.order_by(User.id)))
