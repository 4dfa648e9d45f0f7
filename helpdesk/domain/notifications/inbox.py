"""A person's list of notifications: what they were notified of, and what of it they have read."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Exists, case, exists, func, select, update
from sqlalchemy.orm import joinedload

from helpdesk import clock, live_events
from helpdesk.database import kept_plan
from helpdesk.database.row_ids import is_id
from helpdesk.database.types import affected_rows
from helpdesk.extensions import db
from helpdesk.models.notification import Notification
from helpdesk.models.user import Role, User

PAGE_SIZE = 50
MAX_COUNT = 99  # more is shown as 99+
_unread = (
    select(Notification.id)
    .where(Notification.user_id == User.id, Notification.read_at.is_(None), Notification.is_listed)
    .limit(kept_plan.fixed_limit(MAX_COUNT + 1))
    .correlate(User)
    .subquery()
)
# For the query that loads the signed-in person, at every request: how many they have not read, MAX_COUNT + 1 at most.
# Customers have no list.
UNREAD_COUNT = case(
    (User.role != Role.requester, select(func.count()).select_from(_unread).correlate(User).scalar_subquery()), else_=0
).label("unread_notifications")


@dataclass(frozen=True)
class InboxPage:
    """One page of the list; ``before``: the id to continue from, None at the end."""

    notifications: list[Notification]
    before: int | None


def list_notifications(user: User, *, only_unread: bool = False, before: int | None = None) -> InboxPage:
    """Return the newest notifications of ``user``, or those older than the id ``before``."""
    query = (
        select(Notification)
        .where(Notification.user_id == user.id, Notification.is_listed)
        .options(joinedload(Notification.ticket))
        .order_by(Notification.id.desc())
        .limit(PAGE_SIZE + 1)
    )
    if only_unread:
        query = query.where(Notification.read_at.is_(None))
    if before is not None:
        query = query.where(Notification.id < before)
    found = list(db.session.scalars(query))
    page = found[:PAGE_SIZE]
    return InboxPage(page, page[-1].id if len(found) > PAGE_SIZE else None)


def find_notification(user: User, notification_id: int) -> Notification | None:
    """Return the notification of ``user`` with this id."""
    if not is_id(notification_id):
        return None
    query = select(Notification).where(Notification.id == notification_id, Notification.user_id == user.id)
    return db.session.scalar(query)


def unread_condition(user_id: Any, ticket_id: Any) -> Exists:
    """Whether the person has unread notifications about the ticket; both are columns or parameters."""
    is_about = Notification.user_id == user_id, Notification.ticket_id == ticket_id
    return exists().where(*is_about, Notification.read_at.is_(None))


def find_newest_id(user: User) -> int | None:
    """Return the id of the newest notification of ``user``, None without any."""
    return db.session.scalar(select(func.max(Notification.id)).where(Notification.user_id == user.id))


def mark_read(
    user_id: int, *, notification_id: int | None = None, ticket_id: int | None = None, up_to: int | None = None
) -> int:
    """Mark one notification, those of a ticket, or all of a person as read. Returns how many were unread.

    ``up_to``: the newest one that the person was shown; what came since then is not read.
    """
    unread = update(Notification).where(Notification.user_id == user_id, Notification.read_at.is_(None))
    if notification_id is not None:
        unread = unread.where(Notification.id == notification_id)
    if ticket_id is not None:
        unread = unread.where(Notification.ticket_id == ticket_id)
    if up_to is not None:
        unread = unread.where(Notification.id <= up_to)
    result = db.session.execute(
        unread.values(read_at=clock.now(), mail_waits=False).execution_options(synchronize_session=False)
    )
    count = affected_rows(result)
    if count:
        live_events.publish_after_commit(f"notifications:{user_id}")
    return count
