"""What the claims of a connection's ID token say: whose account it is, and which address it names."""

from typing import Any

from helpdesk.domain import email_address
from helpdesk.domain.authentication import provider_claims
from helpdesk.domain.authentication.connections import roles
from helpdesk.domain.authentication.provider_claims import ProviderClaims, UnverifiedIdentity
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.translation import gettext

SLACK_USER, SLACK_TEAM = "https://slack.com/user_id", "https://slack.com/team_id"
PROFILE_CLAIMS = ("picture", "locale", "zoneinfo")
MAX_SUBJECT_LENGTH = 255
MAX_CLAIM_LENGTH = 500


def parse_claims(connection: SignInConnection, claims: dict[str, Any]) -> ProviderClaims:
    """Interpret verified ``claims`` by the rules of the connection's preset. Raises UnverifiedIdentity."""
    subject, tenant = claims.get("sub"), None
    email = _read_address(claims.get("email"))
    verified = claims.get("email_verified") not in (False, "false", "False", 0)
    if connection.preset == "google":
        verified = claims.get("email_verified") in (True, "true")
        verified = verified and email is not None and claims.get("hd") == email_address.domain_of(email)
    elif connection.preset == "microsoft":
        subject, tenant = claims.get("oid"), provider_claims.tenant_id(claims)
        if tenant in (None, provider_claims.PERSONAL_ACCOUNTS_TENANT_ID) or f"/{tenant}/" not in connection.issuer:
            raise _refusal("directory")
        # Of one directory only, whose admin assigns both; its domains are proven apart.
        email = email or _read_address(claims.get("preferred_username"))
        verified = claims.get("xms_edov") in (None, True, 1, "1", "true")
    elif connection.preset == "slack":
        subject, tenant = claims.get(SLACK_USER), claims.get(SLACK_TEAM)
        if not isinstance(tenant, str) or not tenant:
            raise _refusal("directory")
        verified = claims.get("email_verified") in (True, "true")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT_LENGTH or not subject.isprintable():
        raise _refusal("claim")
    session = claims.get("sid")
    return ProviderClaims(
        provider=connection.provider,
        issuer=connection.issuer,
        subject=subject,
        email=email,
        authoritative=False,  # decided by the proven domains
        verified=verified,
        name=_read_text(claims.get("name")),
        tenant=tenant,
        multi_factor=provider_claims.has_several_factors(claims),
        session_id=session if isinstance(session, str) and 0 < len(session) <= MAX_SUBJECT_LENGTH else None,
        gives=roles.find_grant(connection, claims),
        profile={name: text for name in PROFILE_CLAIMS if (text := _read_text(claims.get(name)))},
    )


def _refusal(reason: str) -> UnverifiedIdentity:
    return UnverifiedIdentity(gettext("The provider did not prove who you are."), reason=reason)


def _read_text(value: Any) -> str:
    return value[:MAX_CLAIM_LENGTH] if isinstance(value, str) else ""


def _read_address(value: Any) -> str | None:
    try:
        return email_address.canonical_address(value) if isinstance(value, str) else None
    except ValueError:
        return None
