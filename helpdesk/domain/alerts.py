"""When what is written does not get out, the admins are told: once when it begins, and again after some hours."""

from datetime import datetime, timedelta

from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain import outbox
from helpdesk.domain.outbox import trouble
from helpdesk.extensions import db
from helpdesk.models.people import Role, User
from helpdesk.models.settings import SettingRow

AGAIN_AFTER = timedelta(hours=6)
TOLD = "delivery_alert_told"


def tell_admins() -> int:
    """Mail every admin about places that have been out of order for a while, if they have not been told. How many mails."""
    now = clock.now()
    names = sorted(place.label for place in trouble.places())
    row = db.session.scalar(select(SettingRow).where(SettingRow.key == TOLD).with_for_update())
    if not names:
        if row is not None:
            db.session.delete(row)
        return 0
    if row is not None:
        is_known = set(names) <= set(row.value["names"])
        if is_known and now - datetime.fromisoformat(row.value["at"]) < AGAIN_AFTER:
            return 0
    value = {"at": now.isoformat(), "names": names}
    if row is None:
        db.session.add(SettingRow(key=TOLD, value=value))
    else:
        row.value = value
    admins = select(User.id).where(
        User.role == Role.admin, User.deactivated_at.is_(None), User.mail_dead_reason.is_(None)
    )
    ids = list(db.session.scalars(admins.order_by(User.id)))
    for id in ids:
        outbox.mail("delivery_alert", id)
    return len(ids)
