"""The tokens with which a connection's provider sends people; each is shown once."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from helpdesk import clock, key_derivation
from helpdesk.domain import idempotency
from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.authentication.connections import administration
from helpdesk.extensions import db
from helpdesk.models.provisioning import ScimToken
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.models.user import User

PREFIX = "hdscim_"
LAST_USED_INTERVAL = timedelta(minutes=5)


def issue_token(connection: SignInConnection, *, actor: User, form_token: str | None = None) -> str:
    """Make a token of ``connection``; returns its secret, which is not stored.

    With the ``form_token`` of a form that is sent again soon, the secret of the token that it made is returned. Raises
    PermissionDenied, and ConflictError for a form that is sent again later.
    """
    administration.ensure_permission(actor, connection.organization_id)
    secret = PREFIX + idempotency.make_secret(actor, form_token)
    if form_token is not None and _is_made(secret):
        return secret
    db.session.add(
        ScimToken(
            connection_id=connection.id,
            shown=secret[:12],
            token_hash=key_derivation.fingerprint(secret),
            created_by_id=actor.id,
        )
    )
    db.session.flush()
    audit_log.add_entry("made a SCIM token", actor, connection.name, connection.organization_id)
    return secret


def _is_made(secret: str) -> bool:
    """Whether the same form has made this token; one that is being made in this moment is waited for."""
    settings.lock()
    made = db.session.scalar(select(ScimToken).where(ScimToken.token_hash == key_derivation.fingerprint(secret)))
    if made is not None:
        idempotency.ensure_repeated_soon(made.created_at, is_valid=made.revoked_at is None)
    return made is not None


def find_connection(secret: str) -> SignInConnection | None:
    """The connection that ``secret`` is a token of, if both are valid; keeps when it was used, where that can be."""
    if not secret.startswith(PREFIX) or len(secret) > 100:
        return None
    token = db.session.scalar(
        select(ScimToken)
        .where(ScimToken.token_hash == key_derivation.fingerprint(secret), ScimToken.revoked_at.is_(None))
        .options(joinedload(ScimToken.connection, innerjoin=True))
    )
    return token.connection if token is not None and token.connection.is_active else None


def record_use(secret: str) -> None:
    """Keep that the token was used, every LAST_USED_INTERVAL."""
    token = db.session.scalar(select(ScimToken).where(ScimToken.token_hash == key_derivation.fingerprint(secret)))
    now = clock.now()
    if token is not None and (token.last_used_at is None or now - token.last_used_at > LAST_USED_INTERVAL):
        token.last_used_at = now


def list_tokens(connection: SignInConnection) -> list[ScimToken]:
    """The tokens of ``connection`` that are not revoked, latest first."""
    query = select(ScimToken).where(ScimToken.connection_id == connection.id, ScimToken.revoked_at.is_(None))
    return list(db.session.scalars(query.order_by(ScimToken.id.desc())))


def revoke_token(token: ScimToken, *, actor: User) -> None:
    """Let ``token`` be accepted no longer. Raises PermissionDenied."""
    administration.ensure_permission(actor, token.connection.organization_id)
    token.revoked_at = clock.now()
    audit_log.add_entry("revoked a SCIM token", actor, token.connection.name, token.connection.organization_id)
