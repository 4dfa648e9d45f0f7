"""Revoke sessions, so that browsers are signed out at once: of a person, an organization, or people not admitted."""

from sqlalchemy import ColumnElement, select, update

from helpdesk import clock, live_events
from helpdesk.domain.people import admission
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from helpdesk.models.session import Session
from helpdesk.models.user import User


def revoke_user_sessions(user: User, except_id: int | None = None, provider: str | None = None) -> int:
    """Revoke the sessions of ``user`` except ``except_id``, or only those of ``provider``. Returns how many."""
    conditions = [Session.user_id == user.id]
    if except_id is not None:
        conditions.append(Session.id != except_id)
    if provider is not None:
        conditions.append(Session.provider == provider)
    return revoke_sessions(*conditions)


def revoke_not_admitted(organization: Organization) -> int:
    """Revoke the sessions of people whom the rules of ``organization`` no longer admit. Returns how many."""
    db.session.flush()
    people = select(User.id).where(User.organization_id == organization.id, ~admission.admission_condition())
    return revoke_sessions(Session.user_id.in_(people))


def revoke_organization(organization: Organization, provider: str | None = None) -> int:
    """Revoke all sessions of people at ``organization``, or only those of ``provider``. Returns how many."""
    people = select(User.id).where(User.organization_id == organization.id)
    conditions = [Session.user_id.in_(people)]
    return revoke_sessions(*conditions, *([Session.provider == provider] if provider else []))


def revoke_sessions(*conditions: ColumnElement[bool]) -> int:
    """Revoke the sessions that meet all conditions. Returns how many."""
    ended = list(
        db.session.execute(
            update(Session)
            .where(Session.revoked_at.is_(None), *conditions)
            .values(revoked_at=clock.now())
            .returning(Session.user_id)
            .execution_options(synchronize_session=False)
        ).scalars()
    )
    if ended:
        live_events.publish_after_commit(*(f"user:{user_id}" for user_id in set(ended)))
    return len(ended)
