"""Mail to the admins when deliveries are stuck: once when it begins, and again after some hours."""

from datetime import datetime, timedelta

from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain import outbox
from helpdesk.domain.monitoring import health
from helpdesk.extensions import db
from helpdesk.models.delivery import DeliveryKind
from helpdesk.models.setting import Setting
from helpdesk.models.user import Role, User

REPEAT_AFTER = timedelta(hours=6)
LAST_ALERT_KEY = "delivery_alert_told"


def alert_admins() -> int:
    """Mail every admin about places that have been out of order for a while, if they have not been told. How many mails."""
    now = clock.now()
    names = sorted(place.label for place in list_stuck_destinations())
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


STUCK_AFTER = timedelta(minutes=10)  # what waits longer is worth a mail to the admins


def list_stuck_destinations() -> list[health.DestinationHealth]:
    """Those out of order, or where something has waited too long, with what waits there."""
    now = clock.now()
    return [
        place
        for place in health.list_destinations()
        if place.oldest is not None and (place.trouble or now - place.oldest > STUCK_AFTER)
    ]
