"""The weekly digest: its figures, its recipients, and when it is enqueued."""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain import labels, outbox
from helpdesk.domain.administration import settings
from helpdesk.domain.reporting import backlog, date_ranges, reports
from helpdesk.extensions import db
from helpdesk.models.delivery import DeliveryKind
from helpdesk.models.setting import Setting
from helpdesk.models.user import Role, User
from helpdesk.translation import format_number, gettext, ngettext

SEND_HOUR = 7  # hour on Monday, in the configured time zone
LAST_SENT_KEY = "weekly_summary_sent"


def send_weekly_digests() -> int:
    """Enqueue the digest of last week, once, on a Monday after SEND_HOUR; returns the number of recipients."""
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
    """Enqueue one user's digest of the week before the week of ``today``."""
    begins = today - timedelta(days=today.weekday() + 7)
    outbox.enqueue_account_mail(DeliveryKind.weekly_summary, person.id, begins=begins.isoformat())


def list_recipients() -> list[User]:
    """Return leads and admins who want mail about progress and whose address is deliverable."""
    leads = select(User).where(
        User.role.in_((Role.lead, Role.admin)),
        User.deactivated_at.is_(None),
        User.mail_updates,
        User.email_undeliverable_reason.is_(None),
    )
    return list(db.session.scalars(leads.order_by(User.id)))


MAX_WAITING_TICKETS = 5  # tickets listed by name


@dataclass(frozen=True)
class Figure:
    """One figure of the week as text; ``change``: compared with the week before, "" for none."""

    label: str
    value: str
    change: str = ""


def list_figures(begins: date) -> tuple[Figure, ...]:
    """Return the figures of the week from the Monday ``begins``, compared with the week before."""
    now, before = (
        reports.total_figures(week_period(begins)),
        reports.total_figures(week_period(begins - timedelta(weeks=1))),
    )
    rating = (
        gettext(
            "%(rating)s out of 5 from %(count)s", rating=format_number(now.rating, 1), count=format_number(now.ratings)
        )
        if now.rating is not None
        else gettext("no ratings")
    )
    return (
        Figure(gettext("New tickets"), format_number(now.filed), _compare_counts(now.filed, before.filed)),
        Figure(gettext("Solved"), format_number(now.solved), _compare_counts(now.solved, before.solved)),
        Figure(
            gettext("First response time, median"),
            labels.format_duration(now.response_median),
            _compare_durations(now.response_median, before.response_median),
        ),
        Figure(
            gettext("Resolution time, median"),
            labels.format_duration(now.resolution_median),
            _compare_durations(now.resolution_median, before.resolution_median),
        ),
        Figure(gettext("Satisfaction"), rating),
        Figure(gettext("Backlog"), format_number(backlog.count_backlog())),
    )


def week_period(begins: date) -> date_ranges.Period:
    """Return the week that begins on that day, in the configured time zone."""
    return date_ranges.DateRange(begins, begins + timedelta(days=6)).period


def _compare_counts(now: int, before: int) -> str:
    if now == before:
        return gettext("as the week before")
    if now > before:
        return ngettext("%(num)s more than the week before", "%(num)s more than the week before", now - before)
    return ngettext("%(num)s fewer than the week before", "%(num)s fewer than the week before", before - now)


def _compare_durations(now: float | None, before: float | None) -> str:
    if now is None or before is None or round(now / 60) == round(before / 60):
        return ""
    difference = labels.format_duration(abs(now - before))
    if now > before:
        return gettext("%(difference)s slower", difference=difference)
    return gettext("%(difference)s faster", difference=difference)
