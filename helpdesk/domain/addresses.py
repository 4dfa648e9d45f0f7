"""Addresses mail does not get to: counted, left alone after three failures, shown to the team, and given another chance."""

from sqlalchemy import select

from helpdesk.domain import audit, permissions
from helpdesk.domain.outbox import mending
from helpdesk.extensions import db
from helpdesk.models.channels import Thread
from helpdesk.models.people import User
from helpdesk.models.sync import Delivery, State

MOST_FAILURES = 3
SHOWN = 200


def refused(email: str | None, reason: str) -> None:
    """The mail system says for good that ``email`` takes no mail. The third time it is written to no more."""
    user = db.session.scalar(select(User).where(User.email == email)) if email else None
    if user is None:
        return
    user.mail_failures += 1
    if user.mail_failures >= MOST_FAILURES:
        user.mail_dead_reason = reason


def works(user: User) -> None:
    """Somebody has shown that they read their mail: by answering it, or by using a link in it."""
    user.mail_failures = 0
    user.mail_dead_reason = None


def dead() -> list[User]:
    """Those who are written to no more, by address."""
    return list(
        db.session.scalars(select(User).where(User.mail_dead_reason.is_not(None)).order_by(User.email).limit(SHOWN))
    )


def revive(user: User, *, actor: User) -> int:
    """Try again: what failed for ``user`` leaves anew. Returns how many mails."""
    permissions.require(actor.is_team and actor.is_active, "Only the team can do this.")
    works(user)
    failed = select(Delivery).join(Thread).where(Thread.user_id == user.id, Delivery.state == State.failed)
    rows = list(db.session.scalars(failed.order_by(Delivery.id)))
    for delivery in rows:
        mending.retry(delivery, actor=actor)
    audit.write("tried an address again", actor, user.email, user.organization_id)
    return len(rows)
