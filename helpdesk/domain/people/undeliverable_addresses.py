"""Addresses mail does not get to: counted, left alone after three failures, shown to the team, and given another chance."""

from sqlalchemy import select

from helpdesk.domain.administration import audit_log
from helpdesk.domain.outbox import manual_actions
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.models.channel import Thread
from helpdesk.models.delivery import Delivery, DeliveryState
from helpdesk.models.user import User

MAX_FAILURES = 3
PAGE_SIZE = 200


def record_bounce(email: str | None, reason: str) -> None:
    """The mail system says for good that ``email`` takes no mail. The third time it is written to no more."""
    user = db.session.scalar(select(User).where(User.email == email)) if email else None
    if user is None:
        return
    user.mail_failures += 1
    if user.mail_failures >= MAX_FAILURES:
        user.mail_dead_reason = reason


def clear_bounces(user: User) -> None:
    """Somebody has shown that they read their mail: by answering it, or by using a link in it."""
    user.mail_failures = 0
    user.mail_dead_reason = None


def list_undeliverable() -> list[User]:
    """Those who are written to no more, by address."""
    return list(
        db.session.scalars(select(User).where(User.mail_dead_reason.is_not(None)).order_by(User.email).limit(PAGE_SIZE))
    )


def reset_and_retry(user: User, *, actor: User) -> int:
    """Try again: what failed for ``user`` leaves anew. Returns how many mails."""
    permissions.ensure(actor.is_team and actor.is_active, "Only the team can do this.")
    clear_bounces(user)
    failed = select(Delivery).join(Thread).where(Thread.user_id == user.id, Delivery.state == DeliveryState.failed)
    rows = list(db.session.scalars(failed.order_by(Delivery.id)))
    for delivery in rows:
        manual_actions.retry_delivery(delivery, actor=actor)
    audit_log.add_entry("tried an address again", actor, user.email, user.organization_id)
    return len(rows)
