"""What the claims of a provider's token prove: whose account it is, and which address it speaks for."""

from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from helpdesk import config
from helpdesk.domain import email_address
from helpdesk.domain.authentication import second_factor
from helpdesk.domain.errors import DomainError
from helpdesk.translation import gettext

PERSONAL_ACCOUNTS_TENANT_ID = "9188040d-6c67-4c5b-b112-36a304b66dad"  # Microsoft's one directory of private accounts


class UnverifiedIdentity(DomainError):
    """The token does not prove the identity of the person. ``reason``: a code of ``connections.failures``."""

    def __init__(self, sentence: str, reason: str = "token") -> None:
        super().__init__(sentence)
        self.reason = reason


@dataclass(frozen=True)
class ProviderClaims:
    """The claims of a token. ``verified``: the provider verified the address; ``authoritative``: it assigns it.

    ``multi_factor``: the provider asked for several factors (``amr``, ``acr``). ``session_id``: the provider's session
    (``sid``). ``gives``: what the rules of a connection give (``connections.roles``). ``profile``: the claims picture,
    locale and zoneinfo, as far as it sent them.
    """

    provider: str
    issuer: str
    subject: str
    email: str | None
    authoritative: bool
    verified: bool = True
    name: str = ""
    tenant: str | None = None
    multi_factor: bool = False
    session_id: str | None = None
    gives: str | None = None
    profile: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def parse_claims(provider: str, claims: dict[str, Any]) -> ProviderClaims:
    """Interpret verified ``claims`` by the rules of "google" or "microsoft". Raises UnverifiedIdentity."""
    return (_parse_google_claims if provider == "google" else _parse_microsoft_claims)(claims)


def _parse_google_claims(claims: dict[str, Any]) -> ProviderClaims:
    email = _canonical_email(claims.get("email"))
    verified = claims.get("email_verified") is True or claims.get("email_verified") == "true"
    workplace = str(claims.get("hd") or "").lower()
    decides = email is not None and (email.endswith("@gmail.com") or workplace == email_address.domain_of(email))
    return ProviderClaims(
        provider="google",
        issuer="https://accounts.google.com" if claims["iss"] == "accounts.google.com" else claims["iss"],
        subject=str(claims["sub"]),
        email=email if verified else None,
        authoritative=verified and decides,
        name=str(claims.get("name") or ""),
        multi_factor=has_several_factors(claims),
    )


def _parse_microsoft_claims(claims: dict[str, Any]) -> ProviderClaims:
    tenant, subject = tenant_id(claims), str(claims.get("oid") or "")
    wanted = config.current().MICROSOFT_OAUTH_TENANT
    if not tenant or not subject or (_is_uuid(wanted) and wanted.lower() != tenant):
        raise UnverifiedIdentity(gettext("Microsoft did not prove who you are."))
    email = _canonical_email(claims.get("email"))
    verified = claims.get("xms_edov") in (True, "1")
    return ProviderClaims(
        provider="microsoft",
        issuer=claims["iss"],
        subject=subject,
        email=email,
        authoritative=bool(email) and verified and tenant != PERSONAL_ACCOUNTS_TENANT_ID,
        verified=verified,
        name=str(claims.get("name") or ""),
        tenant=tenant,
        multi_factor=has_several_factors(claims),
    )


def has_several_factors(claims: dict[str, Any]) -> bool:
    """Whether the provider asked for several factors, by the claims ``amr`` or ``acr``."""
    methods, context = claims.get("amr"), claims.get("acr")
    if isinstance(context, str) and context in second_factor.MULTI_FACTOR_CONTEXTS:
        return True
    return isinstance(methods, list) and bool(second_factor.MULTI_FACTOR_METHODS & {str(each) for each in methods})


def tenant_id(claims: dict[str, Any]) -> str | None:
    """Return the Microsoft directory that the token is of, in its canonical form; None for anything else."""
    tenant = claims.get("tid")
    return tenant if isinstance(tenant, str) and _is_uuid(tenant) and tenant == tenant.lower() else None


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _canonical_email(text: object) -> str | None:
    try:
        return email_address.canonical_address(text) if isinstance(text, str) else None
    except ValueError:
        return None
