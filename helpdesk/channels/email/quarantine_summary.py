"""A daily mail to the admins about people's mails that wait in quarantine."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from helpdesk import clock
from helpdesk.domain import outbox
from helpdesk.domain.administration import settings
from helpdesk.extensions import db
from helpdesk.models.delivery import DeliveryKind
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.setting import Setting
from helpdesk.models.user import Role, User

SEND_HOUR = 7  # in the configured time zone
LAST_SENT_KEY = "quarantine_summary_sent"
MAX_LISTED = 10  # mails

IS_WAITING = (InboundEvent.source == "email") & InboundEvent.state.in_(("quarantined", "failed"))
IS_AUTOMATIC = func.coalesce(InboundEvent.payload["kind"].as_string(), "person") == "automatic"


@dataclass(frozen=True)
class WaitingMail:
    """One line of the summary; everything in it is unproven text."""

    id: int
    sender: str
    subject: str
    reason: str
    received_at: datetime


def send_summaries() -> int:
    """Enqueue the summary for every admin, once a day after SEND_HOUR, if people's mails wait. Returns how many."""
    local = clock.now().astimezone(ZoneInfo(settings.get("time_zone")))
    if local.hour < SEND_HOUR:
        return 0
    today = local.date().isoformat()
    sent = db.session.scalar(select(Setting).where(Setting.key == LAST_SENT_KEY).with_for_update())
    if (sent is not None and sent.value == today) or not count_people():
        return 0
    if sent is None:
        db.session.add(Setting(key=LAST_SENT_KEY, value=today))
    else:
        sent.value = today
    admins = select(User.id).where(
        User.role == Role.admin, User.deactivated_at.is_(None), User.email_undeliverable_reason.is_(None)
    )
    ids = list(db.session.scalars(admins.order_by(User.id)))
    for admin_id in ids:
        outbox.enqueue_account_mail(DeliveryKind.quarantine_summary, admin_id)
    return len(ids)


def count_people() -> int:
    """Count people's mails that wait."""
    return db.session.scalar(select(func.count(InboundEvent.id)).where(IS_WAITING, ~IS_AUTOMATIC)) or 0


def list_people() -> tuple[WaitingMail, ...]:
    """List the people's mails that wait longest, at most MAX_LISTED."""
    rows = select(InboundEvent).where(IS_WAITING, ~IS_AUTOMATIC).order_by(InboundEvent.id).limit(MAX_LISTED)
    return tuple(
        WaitingMail(
            id=row.id,
            sender=row.payload.get("from") or "",
            subject=row.payload.get("subject") or "",
            reason=row.result or "",
            received_at=row.received_at,
        )
        for row in db.session.scalars(rows)
    )
