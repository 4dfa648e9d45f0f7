"""API tokens for programs. A token acts as the user who made it, limited to its scopes and the user's permissions."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from helpdesk import clock, key_derivation
from helpdesk.domain import idempotency
from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.errors import ensure_fields
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.markup.one_line import to_one_line
from helpdesk.models.api_token import API_TOKEN_SCOPES, ApiToken
from helpdesk.models.user import User
from helpdesk.translation import format_number, gettext, lazy_gettext

TOKEN_PREFIX = "hd_"
MAX_TOKENS = 50  # tokens of one user that are not revoked
MAX_LIFETIME_DAYS = 366  # days
LAST_USED_INTERVAL = timedelta(minutes=5)
SCOPE_LABELS = {
    "tickets:read": lazy_gettext("Read tickets and what is said on them"),
    "tickets:write": lazy_gettext("File, reply, note and change tickets"),
    "organizations:read": lazy_gettext("Read organizations and their people"),
    "connections:read": lazy_gettext("Read sign-in connections, without their secrets"),
    "connections:write": lazy_gettext("Add, change and delete sign-in connections"),
}


def issue_token(
    *, name: str, scopes: list[str], user: User, days: int | None = 90, form_token: str | None = None
) -> tuple[ApiToken, str]:
    """Create a token for ``user``; returns it and its secret, which is shown once and not stored.

    ``days`` None: it does not expire. With the ``form_token`` of a form that is sent again soon, the token that it made
    is returned with its secret. Raises PermissionDenied, ValidationError with a sentence for every wrong field, and
    ConflictError for a form that is sent again later.
    """
    permissions.ensure(permissions.can_administer(user), gettext("Only admins make API tokens."))
    secret = TOKEN_PREFIX + idempotency.make_secret(user, form_token)
    if form_token is not None and (made := _find_made(secret)):
        return made, secret
    name = to_one_line(name)
    active = [token for token in list_tokens(user) if token.revoked_at is None]
    most_tokens, most_days = format_number(MAX_TOKENS), format_number(MAX_LIFETIME_DAYS)
    ensure_fields(
        gettext("Some answers need another look."),
        (
            "name",
            len(active) < MAX_TOKENS,
            gettext("You have %(most_tokens)s tokens; revoke one first.", most_tokens=most_tokens),
        ),
        ("name", 0 < len(name) <= 80, gettext("A name has between 1 and 80 characters.")),
        ("scopes", scopes and set(scopes) <= set(API_TOKEN_SCOPES), gettext("Choose at least one thing it may do.")),
        (
            "days",
            days is None or 0 < days <= MAX_LIFETIME_DAYS,
            gettext("A token lives between 1 and %(most_lifetime_days)s days.", most_lifetime_days=most_days),
        ),
    )
    token = ApiToken(
        user_id=user.id,
        name=name,
        shown=secret[:9],
        token_hash=key_derivation.fingerprint(secret),
        scopes=[scope for scope in API_TOKEN_SCOPES if scope in scopes],
        expires_at=clock.now() + timedelta(days=days) if days else None,
    )
    db.session.add(token)
    db.session.flush()
    audit_log.add_entry("made an API token", user, name, scopes=token.scopes)
    return token, secret


def _find_made(secret: str) -> ApiToken | None:
    """The token that the same form has made; one that is being made in this moment is waited for."""
    settings.lock()
    made = db.session.scalar(select(ApiToken).filter_by(token_hash=key_derivation.fingerprint(secret)))
    if made is not None:
        idempotency.ensure_repeated_soon(made.created_at, is_valid=made.revoked_at is None)
    return made


def find_token(secret: str) -> ApiToken | None:
    """Return the valid token with this secret, if its user is an active agent; else None."""
    if not secret.startswith(TOKEN_PREFIX) or len(secret) > 100:
        return None
    token = db.session.scalar(
        select(ApiToken)
        .where(ApiToken.token_hash == key_derivation.fingerprint(secret))
        .options(joinedload(ApiToken.user, innerjoin=True))
    )
    if token is None or token.revoked_at or (token.expires_at and token.expires_at <= clock.now()):
        return None
    return token if token.user.is_team and token.user.is_active else None


def needs_last_used_update(token: ApiToken) -> bool:
    """Whether the time of the last use should be saved again, as it is done once per LAST_USED_INTERVAL."""
    return token.last_used_at is None or clock.now() - token.last_used_at > LAST_USED_INTERVAL


def list_tokens(user: User | None = None) -> list[ApiToken]:
    """Return the tokens of ``user``, or of all users, latest first."""
    tokens = select(ApiToken).options(joinedload(ApiToken.user)).order_by(ApiToken.id.desc()).limit(500)
    return list(db.session.scalars(tokens.where(ApiToken.user_id == user.id) if user else tokens))


def revoke_token(token: ApiToken, *, actor: User) -> None:
    """Revoke a token; a revoked one is not changed. Raises PermissionDenied."""
    permissions.ensure(
        permissions.can_administer(actor) or token.user_id == actor.id, gettext("Only admins revoke API tokens.")
    )
    if token.revoked_at is None:
        token.revoked_at = clock.now()
        audit_log.add_entry("revoked an API token", actor, token.name)
