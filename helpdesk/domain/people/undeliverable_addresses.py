"""Undeliverable addresses: after three permanent failures no more mail is sent, until the address is cleared."""

from sqlalchemy import select

from helpdesk.extensions import db
from helpdesk.models.user import User

MAX_FAILURES = 3
PAGE_SIZE = 200


def record_bounce(email: str | None, reason: str) -> None:
    """Count a permanent failure of ``email``. After MAX_FAILURES it is marked as undeliverable."""
    user = db.session.scalar(select(User).where(User.email == email)) if email else None
    if user is None:
        return
    user.mail_failures += 1
    if user.mail_failures >= MAX_FAILURES:
        user.email_undeliverable_reason = reason


def clear_bounces(user: User) -> None:
    """Reset the failures of ``user``, who has answered a mail or used a link in one."""
    user.mail_failures = 0
    user.email_undeliverable_reason = None


def list_undeliverable() -> list[User]:
    """Return the users whose address is undeliverable, sorted by address."""
    return list(
        db.session.scalars(
            select(User).where(User.email_undeliverable_reason.is_not(None)).order_by(User.email).limit(PAGE_SIZE)
        )
    )
