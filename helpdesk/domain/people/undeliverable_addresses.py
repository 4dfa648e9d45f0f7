"""Addresses mail does not get to: counted, left alone after three failures, shown to the team, and given another chance."""

from sqlalchemy import select

from helpdesk.extensions import db
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
        user.email_undeliverable_reason = reason


def clear_bounces(user: User) -> None:
    """Somebody has shown that they read their mail: by answering it, or by using a link in it."""
    user.mail_failures = 0
    user.email_undeliverable_reason = None


def list_undeliverable() -> list[User]:
    """Those who are written to no more, by address."""
    return list(
        db.session.scalars(
            select(User).where(User.email_undeliverable_reason.is_not(None)).order_by(User.email).limit(PAGE_SIZE)
        )
    )
