"""The weekly summary: who gets it, when, and its row in the outbox."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain import outbox
from helpdesk.domain.administration import settings
from helpdesk.extensions import db
from helpdesk.models.delivery import DeliveryKind
from helpdesk.models.setting import Setting
from helpdesk.models.user import Role, User

SEND_HOUR = 7  # of a Monday, in the helpdesk's time zone
LAST_SENT_KEY = "weekly_summary_sent"


def send_weekly_digests() -> int:
    """On Mondays after seven, once: a summary of last week to every lead and admin who wants such mail. Returns how many."""
    local = clock.now().astimezone(ZoneInfo(settings.get("time_zone")))
    if local.weekday() != 0 or local.hour < SEND_HOUR:
        return 0
    this_week = local.date().isoformat()
    sent = db.session.scalar(select(Setting).where(Setting.key == LAST_SENT_KEY).with_for_update())
    if sent is not None and sent.value == this_week:
        return 0
    if sent is None:
        db.session.add(Setting(key=LAST_SENT_KEY, value=this_week))
    else:
        sent.value = this_week
    db.session.flush()
    people = list_recipients()
    for person in people:
        send_digest_to(person, local.date())
    return len(people)


def send_digest_to(person: User, today: date) -> None:
    """One person's summary of the whole week before the one that ``today`` is in."""
    begins = today - timedelta(days=today.weekday() + 7)
    outbox.enqueue_account_mail(DeliveryKind.weekly_summary, person.id, begins=begins.isoformat())


def local_today() -> date:
    """The day it is where the helpdesk is."""
    return clock.now().astimezone(ZoneInfo(settings.get("time_zone"))).date()


def list_recipients() -> list[User]:
    """Leads and admins who want mail about progress and whose address works."""
    leads = select(User).where(
        User.role.in_((Role.lead, Role.admin)),
        User.deactivated_at.is_(None),
        User.mail_updates,
        User.mail_dead_reason.is_(None),
    )
    return list(db.session.scalars(leads.order_by(User.id)))
