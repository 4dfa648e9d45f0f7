"""Who is signed in where. The browser holds a random token, we hold its hash; a row revoked is a browser signed out at once."""

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, bindparam, delete, or_, select, update
from sqlalchemy.orm import contains_eager

from helpdesk import clock, key_derivation
from helpdesk.domain.people import admission, session_revocation
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from helpdesk.models.session import Session
from helpdesk.models.sign_in_link import SignInLink
from helpdesk.models.user import Role, User

IDLE_TIMEOUTS = {
    Role.requester: timedelta(hours=24),
    Role.agent: timedelta(hours=12),
    Role.lead: timedelta(hours=12),
    Role.admin: timedelta(hours=1),
}
ABSOLUTE_TIMEOUTS = {
    Role.requester: timedelta(days=14),
    Role.agent: timedelta(days=14),
    Role.lead: timedelta(days=14),
    Role.admin: timedelta(hours=12),
}
LAST_SEEN_INTERVAL = timedelta(minutes=1)
RETENTION_PERIOD = timedelta(days=30)  # after which ended sessions and links are forgotten
# Every request asks this, so it is put together once.
SESSION_QUERY = (
    select(User, Session.id, Session.provider, Session.last_seen_at, Session.impersonated_organization_id)
    .join(Session.user)
    .outerjoin(User.organization)
    .options(contains_eager(User.organization))
    .where(
        Session.token_hash == bindparam("token_hash"),
        Session.revoked_at.is_(None),
        Session.expires_at > bindparam("now"),
        admission.admission_condition(),
    )
)
ACTIVE_SESSIONS_QUERY = (
    select(Session)
    .join(Session.user)
    .where(
        Session.user_id == bindparam("user_id"),
        Session.revoked_at.is_(None),
        Session.expires_at > bindparam("now"),
        or_(*(and_(User.role == role, Session.last_seen_at > bindparam(f"{role}_since")) for role in IDLE_TIMEOUTS)),
    )
    .order_by(Session.last_seen_at.desc(), Session.id.desc())
)


class SessionInfo(NamedTuple):
    """The session that a request came with, as it was found."""

    id: int
    provider: str
    last_seen_at: datetime
    impersonated_organization_id: int | None


def create_session(user: User, provider: str, *, browser: str = "", ip_prefix: str = "") -> str:
    """Sign ``user`` in, by ``provider`` ("link", "google", "microsoft", "invitation"). Returns the token for their browser."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    db.session.add(
        Session(
            token_hash=key_derivation.fingerprint(token),
            user_id=user.id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + ABSOLUTE_TIMEOUTS[Role(user.role)],
            provider=provider,
            user_agent=browser[:300],
            ip_prefix=ip_prefix,
        )
    )
    user.last_seen_at = now
    db.session.flush()
    return token


def load_session(token: str) -> User | None:
    """The person whose browser holds ``token``, while their session lives and they are let in; one query, or two for a stand-in.

    ``user.session`` says which it is. Somebody of the team who looks as a customer comes back as that customer's stand-in.
    """
    now = clock.now()
    row = db.session.execute(SESSION_QUERY, {"token_hash": key_derivation.fingerprint(token), "now": now}).first()
    if row is None:
        return None
    user, *of_session = row
    held = SessionInfo(*of_session)
    if held.last_seen_at <= now - IDLE_TIMEOUTS[Role(user.role)]:
        return None
    if held.impersonated_organization_id and user.is_team:
        user = _impersonated_user(user, db.session.get(Organization, held.impersonated_organization_id))
    user.session = held
    return user


def touch_session(session_id: int) -> None:
    """Note that the session was used just now, at most once a minute."""
    now = clock.now()
    seen = db.session.execute(
        update(Session)
        .where(Session.id == session_id, Session.last_seen_at < now - LAST_SEEN_INTERVAL)
        .values(last_seen_at=now)
        .execution_options(synchronize_session=False)
    )
    if seen.rowcount:
        owner = select(Session.user_id).where(Session.id == session_id).scalar_subquery()
        db.session.execute(
            update(User).where(User.id == owner).values(last_seen_at=now).execution_options(synchronize_session=False)
        )


def needs_touch(session: SessionInfo) -> bool:
    """Whether its row does not yet say that the session is being used."""
    return session.last_seen_at < clock.now() - LAST_SEEN_INTERVAL


def list_sessions(user: User) -> list[Session]:
    """Where ``user`` is signed in, the latest used first."""
    now = clock.now()
    latest = {f"{role}_since": now - idle for role, idle in IDLE_TIMEOUTS.items()}
    return list(db.session.scalars(ACTIVE_SESSIONS_QUERY, {"user_id": user.id, "now": now, **latest}))


def revoke_session(user: User, session_id: int) -> bool:
    """End one of ``user``'s sessions; False if it is none of theirs."""
    return bool(session_revocation.revoke_sessions(Session.user_id == user.id, Session.id == session_id))


def impersonate(session: SessionInfo, organization: Organization | None) -> None:
    """Look at the portal as ``organization`` sees it, or, with None, as oneself again."""
    wanted = organization.id if organization else None
    db.session.execute(update(Session).where(Session.id == session.id).values(impersonated_organization_id=wanted))


def delete_ended() -> int:
    """Delete what ended long ago, sessions and links. Returns how many rows."""
    before = clock.now() - RETENTION_PERIOD
    ended = db.session.execute(
        delete(Session)
        .where(or_(Session.expires_at < before, Session.revoked_at < before))
        .execution_options(synchronize_session=False)
    )
    links = db.session.execute(
        delete(SignInLink).where(SignInLink.expires_at < before).execution_options(synchronize_session=False)
    )
    return ended.rowcount + links.rowcount


def _impersonated_user(person: User, organization: Organization) -> User:
    viewer = User(
        id=0,
        email=person.email,
        name=f"{person.display_name} (viewing as {organization.name})",
        role=Role.requester,
        organization_id=organization.id,
        organization=organization,
        ticket_visibility="organization",
        time_zone=person.time_zone,
    )
    viewer.is_impersonating = True
    viewer.viewer = person
    viewer.viewed = organization
    return viewer
