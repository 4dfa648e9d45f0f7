"""Mail to the admins when deliveries are stuck: when it begins, and again after some hours."""

from datetime import datetime, timedelta

from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain import outbox
from helpdesk.domain.monitoring import health
from helpdesk.extensions import db
from helpdesk.models.delivery import DeliveryKind
from helpdesk.models.setting import Setting
from helpdesk.models.user import Role, User

STUCK_AFTER = timedelta(minutes=10)
REPEAT_AFTER = timedelta(hours=6)
LAST_ALERT_KEY = "delivery_alert_told"


def alert_admins() -> int:
    """Mail every admin about newly stuck destinations. Returns the number of mails."""
    now = clock.now()
    names = sorted(destination.label for destination in list_stuck_destinations())
    row = db.session.scalar(select(Setting).where(Setting.key == LAST_ALERT_KEY).with_for_update())
    if not names:
        if row is not None:
            db.session.delete(row)
        return 0
    if row is not None:
        is_known = set(names) <= set(row.value["names"])
        if is_known and now - datetime.fromisoformat(row.value["at"]) < REPEAT_AFTER:
            return 0
    value = {"at": now.isoformat(), "names": names}
    if row is None:
        db.session.add(Setting(key=LAST_ALERT_KEY, value=value))
    else:
        row.value = value
    admins = select(User.id).where(
        User.role == Role.admin, User.deactivated_at.is_(None), User.email_undeliverable_reason.is_(None)
    )
    ids = list(db.session.scalars(admins.order_by(User.id)))
    for id in ids:
        outbox.enqueue_account_mail(DeliveryKind.delivery_alert, id)
    return len(ids)


def list_stuck_destinations() -> list[health.DestinationHealth]:
    """Return the destinations with waiting deliveries that are blocked or wait longer than STUCK_AFTER."""
    now = clock.now()
    return [
        destination
        for destination in health.list_destinations()
        if destination.oldest is not None and (destination.trouble or now - destination.oldest > STUCK_AFTER)
    ]
