"""Sessions: the browser has a random token, the database its hash. Revoking the row signs the browser out at once."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, bindparam, exists, or_, select, update

from helpdesk import clock, key_derivation
from helpdesk.database import transactions
from helpdesk.database.loaded_rows import LoadedColumns, relate
from helpdesk.database.types import affected_rows
from helpdesk.domain.authentication import ways
from helpdesk.domain.notifications import inbox
from helpdesk.domain.people import admission, session_revocation
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from helpdesk.models.second_factor import Authenticator, Passkey
from helpdesk.models.session import Session
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.models.user import Membership, Role, User
from helpdesk.translation import gettext

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
_user_columns, _organization_columns = LoadedColumns(User, without=("notes",)), LoadedColumns(Organization)
# Built once, because every request executes it.
SESSION_QUERY = (
    select(
        *_user_columns.columns,
        *_organization_columns.columns,
        Session.id,
        Session.provider,
        Session.last_seen_at,
        Session.impersonated_organization_id,
        Session.second_factor_at,
        Session.proved_at,
        Session.connection_id,
        SignInConnection.is_active,
        SignInConnection.organization_id,
        or_(
            exists(Authenticator.user_id).where(
                Authenticator.user_id == User.id, Authenticator.confirmed_at.is_not(None)
            ),
            exists(Passkey.id).where(Passkey.user_id == User.id),
        ).label("has_second_factor"),
        inbox.UNREAD_COUNT,
        exists(Membership.user_id)
        .where(
            Membership.user_id == User.id,
            Membership.organization_id == User.organization_id,
            Membership.is_admin,
            Membership.removed_at.is_(None),
        )
        .correlate(User)
        .label("manages_people"),
    )
    .join(Session.user)
    .outerjoin(User.organization)
    .outerjoin(Session.connection)
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
        Session.user_id.in_(bindparam("user_ids", expanding=True)),
        Session.revoked_at.is_(None),
        Session.expires_at > bindparam("now"),
        or_(*(and_(User.role == role, Session.last_seen_at > bindparam(f"{role}_since")) for role in IDLE_TIMEOUTS)),
    )
    .order_by(Session.last_seen_at.desc(), Session.id.desc())
)


class SessionInfo(NamedTuple):
    """The session of a request, as plain values."""

    id: int
    provider: str
    last_seen_at: datetime
    impersonated_organization_id: int | None
    second_factor_at: datetime | None
    proved_at: datetime | None
    connection_id: int | None
    connection_is_active: bool | None
    connection_organization_id: int | None
    has_second_factor: bool
    unread_notifications: int
    manages_people: bool


def create_session(
    user: User,
    provider: str,
    *,
    browser: str = "",
    ip_prefix: str = "",
    has_second_factor: bool = False,
    connection: SignInConnection | None = None,
    provider_session: str | None = None,
) -> str:
    """Sign ``user`` in and return the token for their browser.

    ``provider`` is "link", "google", "microsoft", "invitation" or that of a ``connection``, which may limit the age of
    the session; ``provider_session`` is what it calls its own. ``has_second_factor``: it asked for several factors.
    """
    token = secrets.token_urlsafe(32)
    now = clock.now()
    lasts = ABSOLUTE_TIMEOUTS[Role(user.role)]
    if connection is not None and connection.session_hours:
        lasts = min(lasts, timedelta(hours=connection.session_hours))
    db.session.add(
        Session(
            token_hash=key_derivation.fingerprint(token),
            user_id=user.id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + lasts,
            second_factor_at=now if has_second_factor else None,
            proved_at=now,
            provider=provider,
            connection_id=connection.id if connection is not None else None,
            provider_session=provider_session,
            user_agent=browser[:300],
            ip_prefix=ip_prefix,
        )
    )
    user.last_seen_at = now
    db.session.flush()
    return token


def load_session(token: str) -> User | None:
    """The user of the session with ``token``, if it is active and they are admitted; None otherwise. One query or two.

    Sets ``user.session``. For a member of the team who views the portal as a customer it is a temporary requester.
    """
    now = clock.now()
    parameters = {"token_hash": key_derivation.fingerprint(token), "now": now}
    row = transactions.execute_core(SESSION_QUERY, parameters).first()
    if row is None:
        return None
    loaded, others = _user_columns.take(row)
    organization, others = _organization_columns.take(others)
    assert loaded is not None
    user, session = loaded, SessionInfo._make(others)
    relate(user, "organization", organization)
    if session.last_seen_at <= now - IDLE_TIMEOUTS[Role(user.role)]:
        return None
    if not ways.permits_session(
        user,
        session.provider,
        is_connection=session.connection_id is not None,
        is_active=bool(session.connection_is_active),
        connection_organization_id=session.connection_organization_id,
    ):
        return None
    if session.impersonated_organization_id and user.is_team:
        user = _impersonated_user(user, db.session.get_one(Organization, session.impersonated_organization_id))
    user.session = session
    return user


def touch_session(session_id: int) -> None:
    """Record that the session is being used, at most once a minute."""
    now = clock.now()
    seen = db.session.execute(
        update(Session)
        .where(Session.id == session_id, Session.last_seen_at < now - LAST_SEEN_INTERVAL)
        .values(last_seen_at=now)
        .execution_options(synchronize_session=False)
    )
    if affected_rows(seen):
        owner = select(Session.user_id).where(Session.id == session_id).scalar_subquery()
        db.session.execute(
            update(User).where(User.id == owner).values(last_seen_at=now).execution_options(synchronize_session=False)
        )


def needs_touch(session: SessionInfo) -> bool:
    """Whether ``touch_session`` has to be called, because the last use was recorded long enough ago."""
    return session.last_seen_at < clock.now() - LAST_SEEN_INTERVAL


def list_sessions(user: User) -> list[Session]:
    """Return the active sessions of ``user``, the most recently used first."""
    return list_sessions_of([user])


def list_sessions_of(users: Iterable[User]) -> list[Session]:
    """Return the active sessions of all ``users``, the most recently used first."""
    now = clock.now()
    latest = {f"{role}_since": now - idle for role, idle in IDLE_TIMEOUTS.items()}
    parameters = {"user_ids": [user.id for user in users], "now": now, **latest}
    return list(db.session.scalars(ACTIVE_SESSIONS_QUERY, parameters))


def revoke_session(user: User, session_id: int) -> bool:
    """Revoke one of the sessions of ``user``; False if it is not theirs."""
    return bool(session_revocation.revoke_sessions(Session.user_id == user.id, Session.id == session_id))


def list_organizations(user: User) -> list[Organization]:
    """Return the organizations that ``user`` may act for in their present session (``user.session``), by name."""
    session: SessionInfo = user.session
    return [
        each
        for each in admission.admitting_organizations(user.email)
        if ways.permits(each, session.provider, session.connection_organization_id)
        or ways.is_emergency_customer(user, each, session.provider)
    ]


def impersonate(session: SessionInfo, organization: Organization | None) -> None:
    """View the portal as a customer of ``organization`` from now on, or with None as oneself again."""
    wanted = organization.id if organization else None
    db.session.execute(update(Session).where(Session.id == session.id).values(impersonated_organization_id=wanted))


def _impersonated_user(person: User, organization: Organization) -> User:
    viewer = User(
        id=0,
        email=person.email,
        name=gettext(
            "%(person)s (viewing as %(organization)s)", person=person.display_name, organization=organization.name
        ),
        role=Role.requester,
        organization_id=organization.id,
        organization=organization,
        ticket_visibility="organization",
        time_zone=person.time_zone,
        language=person.language,
    )
    viewer.is_impersonating = True
    viewer.viewer = person
    viewer.viewed = organization
    return viewer
