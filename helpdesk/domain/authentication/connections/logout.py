"""Logout at the provider ends sessions here: OpenID Connect Back-Channel Logout 1.0."""

import time

import jwt
from sqlalchemy import select

from helpdesk.domain.administration import audit_log
from helpdesk.domain.authentication import oidc, provider_keys
from helpdesk.domain.people import session_revocation
from helpdesk.extensions import db
from helpdesk.models.session import Session
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.models.user import Identity

EVENT = "http://schemas.openid.net/event/backchannel-logout"
MAX_AGE_SECONDS = 300  # of a token: an older one may be one that is sent again
Claims = dict[str, object]


class InvalidLogoutToken(Exception):
    """The token ends nothing."""


def verify(provider: oidc.Provider, token: str) -> Claims:
    """The claims of a logout token (section 2.6). Slow: no transaction should be open. Raises InvalidLogoutToken."""
    try:
        key = provider_keys.find_signing_key(provider.keys_url, token, provider.fetch)
        claims: Claims = jwt.decode(
            token,
            key.key,
            algorithms=list(provider.algorithms),
            audience=provider.client_id,
            leeway=oidc.LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "iat", "jti", "events"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise InvalidLogoutToken(type(error).__name__) from None
    events, made_at = claims["events"], claims["iat"]
    is_old = not isinstance(made_at, int | float) or made_at < time.time() - MAX_AGE_SECONDS
    names_somebody = any(isinstance(claims.get(name), str) and claims[name] for name in ("sub", "sid"))
    if claims["iss"] not in provider.issuers or "nonce" in claims or is_old or not names_somebody:
        raise InvalidLogoutToken("claims")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
        raise InvalidLogoutToken("events")
    return claims


def end_sessions(connection: SignInConnection, claims: Claims) -> int:
    """End the session that ``claims`` name, or all of the person if they name none; how many.

    The subject is that of an ID token, or for Entra ID and Slack the session alone counts.
    """
    session, subject = claims.get("sid"), claims.get("sub")
    conditions = [Session.connection_id == connection.id]
    if isinstance(session, str) and session:
        conditions.append(Session.provider_session == session)
    else:
        owners = select(Identity.user_id).where(
            Identity.provider == connection.provider,
            Identity.issuer == connection.issuer,
            Identity.subject == str(subject),
        )
        conditions.append(Session.user_id.in_(owners))
    ended = session_revocation.revoke_sessions(*conditions)
    if ended:
        audit_log.add_entry(
            audit_log.ENDED_SESSIONS, None, connection.name, connection.organization_id, by="provider", ended=ended
        )
    db.session.flush()
    return ended
