"""Mails with all notifications of an hour or a day, for those who chose that."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from helpdesk import clock
from helpdesk.domain import outbox
from helpdesk.domain.notifications import choices
from helpdesk.domain.people.reader_time_zone import get_reader_time_zone
from helpdesk.extensions import db
from helpdesk.models.delivery import DeliveryKind
from helpdesk.models.notification import MailRhythm, Notification
from helpdesk.models.user import User

HOURLY = timedelta(hours=1)
DAILY_HOUR = 8  # on the person's clock
MAX_LINES = 50  # notifications that one mail names


def send_due_digests() -> int:
    """Enqueue a mail for each person whose hour or day is over; returns how many. Each notification is in one mail.

    A day's mail leaves at DAILY_HOUR, an hour's an hour after the first of its notifications; in quiet hours none.
    """
    waiting = select(Notification.user_id, func.min(Notification.created_at)).where(Notification.mail_waits)
    sent = 0
    for user_id, oldest in db.session.execute(waiting.group_by(Notification.user_id)).all():
        user = db.session.scalar(select(User).where(User.id == user_id).with_for_update())
        if user is not None and choices.quiet_until(user) is None and _is_due(user, oldest):
            sent += _send_digest(user)
    return sent


def _is_due(user: User, oldest: datetime) -> bool:
    now = clock.now()
    if user.mail_rhythm != MailRhythm.daily:
        return oldest <= now - HOURLY
    local = now.astimezone(get_reader_time_zone(user))
    mail_time = local.replace(hour=DAILY_HOUR, minute=0, second=0, microsecond=0)
    return local >= mail_time > oldest


def _send_digest(user: User) -> int:
    """Enqueue one mail with what waits for ``user`` and is unread still."""
    mine = Notification.user_id == user.id, Notification.mail_waits
    ids = list(db.session.scalars(select(Notification.id).where(*mine, Notification.read_at.is_(None))))
    db.session.execute(
        update(Notification).where(*mine).values(mail_waits=False).execution_options(synchronize_session=False)
    )
    if ids:
        outbox.enqueue_account_mail(DeliveryKind.notification_digest, user.id, notifications=ids)
    return int(bool(ids))


def list_for_mail(user: User, ids: list[int]) -> list[Notification]:
    """Those of ``ids`` that ``user`` has not read, the oldest first, at most MAX_LINES."""
    query = select(Notification).where(
        Notification.id.in_(ids), Notification.user_id == user.id, Notification.read_at.is_(None)
    )
    return list(db.session.scalars(query.order_by(Notification.id).limit(MAX_LINES)))
