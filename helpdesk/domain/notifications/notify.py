"""Notify people: one row each, and a delivery for each mail and browser, in the transaction of what it is about."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select

from helpdesk import clock, live_events
from helpdesk.database import transactions
from helpdesk.domain.notifications import choices
from helpdesk.domain.outbox import enqueue, registry
from helpdesk.models.delivery import DeliveryKind
from helpdesk.models.message import Message
from helpdesk.models.notification import (
    MailRhythm,
    Notification,
    NotificationChannel,
    NotificationKind,
    PushSubscription,
)
from helpdesk.models.session import Session
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

MAIL_DELAY = timedelta(minutes=2)  # in which somebody may read it on the page, and needs no mail

_notification, _subscription, _session = Notification.__table__, PushSubscription.__table__, Session.__table__
INSERT_STATEMENT = insert(_notification).returning(_notification.c.id, sort_by_parameter_order=True)
SUBSCRIPTIONS_QUERY = (
    select(*_subscription.c["id", "user_id"])
    .join(_session, _session.c.id == _subscription.c.session_id)
    .where(_subscription.c.user_id.in_(bindparam("user_ids", expanding=True)), _session.c.revoked_at.is_(None))
    .order_by(_subscription.c.id)
)


@dataclass(frozen=True)
class Occasion:
    """What people are notified about. ``sentence``: for a chat, in the team's language; "" where a chat says nothing.

    ``is_repeated``: a chat says it only where it does not tell them of the ticket's answers anyway. ``not_before``: it
    may still be taken back until then.
    """

    kind: NotificationKind
    ticket: Ticket | None = None
    message: Message | None = None
    actor: User | None = None
    actor_name: str = ""
    detail: str | None = None
    sentence: str = ""
    is_repeated: bool = False
    not_before: datetime | None = None


def notify(occasion: Occasion, users: Iterable[User]) -> bool:
    """Notify each of ``users`` where they chose it. Returns whether a chat shows it in the ticket's thread."""
    wanted = {user.id: (user, choices.channels_for(user, occasion.kind)) for user in users if user.is_active}
    wanted = {user_id: (user, channels) for user_id, (user, channels) in wanted.items() if channels}
    is_shown = False
    for user, channels in wanted.values():
        if NotificationChannel.chat in channels and occasion.sentence and occasion.ticket is not None:
            due_at = choices.quiet_until(user)
            for channel in registry.list_channels():
                is_shown |= channel.notify_agent(occasion.ticket, user, occasion.sentence, due_at, occasion.is_repeated)
    _store(occasion, [(user, channels - {NotificationChannel.chat}) for user, channels in wanted.values()])
    return is_shown


def _store(occasion: Occasion, wanted: list[tuple[User, set[NotificationChannel]]]) -> None:
    """Insert the rows in one statement, and their deliveries in another."""
    browsers = _load_browsers([user for user, channels in wanted if NotificationChannel.browser in channels])
    rows, recipients = [], []
    for user, channels in wanted:
        if channels <= {NotificationChannel.browser} and user.id not in browsers:
            continue
        recipients.append((user, channels))
        rows.append(_make_row(occasion, user, channels))
    if not rows:
        return
    ids = transactions.execute_core(INSERT_STATEMENT, rows).scalars().all()
    deliveries: list[dict[str, Any]] = []
    for notification_id, (user, channels) in zip(ids, recipients, strict=True):
        quiet_end = choices.quiet_until(user) or clock.now()
        due_at = max(quiet_end, occasion.not_before or clock.now())
        if NotificationChannel.mail in channels and user.mail_rhythm == MailRhythm.soon:
            at = max(due_at, clock.now() + MAIL_DELAY)
            deliveries.append(_make_delivery(DeliveryKind.notification, notification_id, at, occasion))
        for subscription_id in browsers.get(user.id, ()) if NotificationChannel.browser in channels else ():
            data = {"subscription": subscription_id}
            deliveries.append(_make_delivery(DeliveryKind.browser_notice, notification_id, due_at, occasion, data))
    enqueue.enqueue_rows(deliveries)
    for user, channels in recipients:
        if NotificationChannel.inbox in channels:
            live_events.publish_after_commit(f"notifications:{user.id}")


def _make_row(occasion: Occasion, user: User, channels: set[NotificationChannel]) -> dict[str, Any]:
    actor, ticket, message = occasion.actor, occasion.ticket, occasion.message
    return {
        "user_id": user.id,
        "kind": str(occasion.kind),
        "ticket_id": ticket.id if ticket else None,
        "message_id": message.id if message else None,
        "actor_id": actor.id if actor else None,
        "actor_name": actor.display_name if actor else occasion.actor_name,
        "detail": occasion.detail,
        "is_listed": NotificationChannel.inbox in channels,
        "mail_waits": NotificationChannel.mail in channels and user.mail_rhythm != MailRhythm.soon,
        "created_at": clock.now(),
    }


def _make_delivery(
    kind: DeliveryKind, notification_id: int, due_at: datetime, occasion: Occasion, data: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "kind": kind,
        "queue_key": "mail",
        "subject_id": notification_id,
        "message_id": occasion.message.id if occasion.message else None,
        "due_at": due_at,
        "data": data or {},
    }


def _load_browsers(users: list[User]) -> dict[int, list[int]]:
    """Return the ids of the browsers of each of ``users`` whose session nobody ended."""
    found: dict[int, list[int]] = {}
    if users:
        for row in transactions.execute_core(SUBSCRIPTIONS_QUERY, {"user_ids": [user.id for user in users]}):
            found.setdefault(row.user_id, []).append(row.id)
    return found
