"""Sign-in with Google and Microsoft: what their tokens prove, and when their accounts may be used to sign in."""

import logging
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import jwt
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from helpdesk import clock, config
from helpdesk.domain import outbox
from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.authentication import login, provider_keys, second_factor
from helpdesk.domain.authentication.login import LoginResult
from helpdesk.domain.errors import DomainError
from helpdesk.domain.people import email_address, users
from helpdesk.extensions import db
from helpdesk.models.delivery import DeliveryKind
from helpdesk.models.user import Identity, User
from helpdesk.translation import gettext

RECONFIRM_AFTER = timedelta(days=90)
PERSONAL_ACCOUNTS_TENANT_ID = "9188040d-6c67-4c5b-b112-36a304b66dad"  # Microsoft's one directory of private accounts
LEEWAY_SECONDS = 60  # allowed difference between our clock and the provider's

log = logging.getLogger(__name__)


class UnverifiedIdentity(DomainError):
    """The token does not prove the identity of the person."""


@dataclass(frozen=True)
class Provider:
    """The endpoints of a provider, and our credentials at it."""

    name: str
    title: str
    client_id: str
    client_secret: str
    authorize_url: str
    token_url: str
    keys_url: str
    issuers: tuple[str, ...]
    scope: tuple[str, ...]

    @property
    def is_configured(self) -> bool:
        return bool(self.client_id)

    @property
    def is_on(self) -> bool:
        """Whether people may choose it: configured, and not switched off in the settings."""
        return self.is_configured and settings.get(f"sign_in_{self.name}")


@dataclass(frozen=True)
class ProviderClaims:
    """The claims of a token. ``verified``: the provider verified the address; ``authoritative``: it assigns it.

    ``multi_factor``: the provider asked for several factors (``amr``, ``acr``).
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

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class EmailProofRequired:
    """The address must first be proven by a mailed link. ``identity`` is a known account that is confirmed again."""

    email: str
    identity: Identity | None = None


def get_provider(name: str) -> Provider:
    """The provider ``name``, "google" or "microsoft", as configured in the environment."""
    return {"google": google_provider, "microsoft": microsoft_provider}[name]()


def google_provider() -> Provider:
    """Google's endpoints, or those of a simulated provider."""
    settings.get_all()  # the client may have been entered in the browser
    current = config.current()
    base = current.GOOGLE_OAUTH_URL.rstrip("/")
    return Provider(
        name="google",
        title="Google",
        client_id=current.GOOGLE_OAUTH_CLIENT_ID,
        client_secret=current.GOOGLE_OAUTH_CLIENT_SECRET,
        authorize_url=(base or "https://accounts.google.com") + "/o/oauth2/v2/auth",
        token_url=(base or "https://oauth2.googleapis.com") + "/token",
        keys_url=(base or "https://www.googleapis.com") + "/oauth2/v3/certs",
        issuers=(base,) if base else ("https://accounts.google.com", "accounts.google.com"),
        scope=("openid", *(f"https://www.googleapis.com/auth/userinfo.{part}" for part in ("email", "profile"))),
    )


def microsoft_provider() -> Provider:
    """Microsoft's endpoints for the configured tenant, or those of a simulated provider."""
    settings.get_all()  # the client may have been entered in the browser
    current = config.current()
    base = current.MICROSOFT_OAUTH_URL.rstrip("/") or "https://login.microsoftonline.com"
    tenant = current.MICROSOFT_OAUTH_TENANT
    return Provider(
        name="microsoft",
        title="Microsoft",
        client_id=current.MICROSOFT_OAUTH_CLIENT_ID,
        client_secret=current.MICROSOFT_OAUTH_CLIENT_SECRET,
        authorize_url=f"{base}/{tenant}/oauth2/v2.0/authorize",
        token_url=f"{base}/{tenant}/oauth2/v2.0/token",
        keys_url=f"{base}/{tenant}/discovery/v2.0/keys",
        issuers=(base + "/{tid}/v2.0",),
        scope=("openid", "profile", "email"),
    )


def verify_id_token(provider: Provider, id_token: str, nonce: str) -> dict[str, Any]:
    """The claims of ``id_token``, after its signature, issuer, audience, times and nonce were checked.

    Fetches the provider's keys, so no transaction should be open. Raises UnverifiedIdentity.
    """
    try:
        key = provider_keys.find_signing_key(provider.keys_url, id_token)
        claims = jwt.decode(
            id_token,
            key.key,
            algorithms=["RS256"],
            audience=provider.client_id,
            leeway=LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "exp", "iat", "sub"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        log.warning("A token of %s was refused: %s", provider.title, type(error).__name__)
        raise UnverifiedIdentity(gettext("%(title)s did not prove who you are.", title=provider.title)) from None
    issuers = [issuer.format(tid=_tenant_id(claims) or "") for issuer in provider.issuers]
    if claims["iss"] not in issuers or not nonce or claims.get("nonce") != nonce:
        log.warning("A token of %s was refused: issuer or nonce", provider.title)
        raise UnverifiedIdentity(gettext("%(title)s did not prove who you are.", title=provider.title))
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != provider.client_id:
        raise UnverifiedIdentity(gettext("%(title)s did not prove who you are.", title=provider.title))
    return claims


def parse_claims(provider: Provider, claims: dict[str, Any]) -> ProviderClaims:
    """Interpret verified ``claims`` by the provider's own rules. Raises UnverifiedIdentity."""
    return (_parse_google_claims if provider.name == "google" else _parse_microsoft_claims)(claims)


def configuration_error(provider: Provider) -> str:
    """Why the provider cannot be used, as far as it can be checked without signing in; "" if no reason is found."""
    if not provider.is_configured:
        return gettext(
            "%(title)s is not configured (%(variable)s).",
            title=provider.title,
            variable=provider.name.upper() + "_OAUTH_CLIENT_ID",
        )
    try:
        provider_keys.fetch_keys(provider.keys_url)
    except (jwt.PyJWTError, ValueError) as error:
        log.warning("The keys of %s cannot be read: %s", provider.title, error)
        return gettext("%(title)s does not answer, or not with its keys.", title=provider.title)
    return ""


def sign_in_with_provider(claimed: ProviderClaims, browser: str = "") -> LoginResult | EmailProofRequired:
    """Sign in with a provider's account, or require a proof by mail. Raises NotAdmitted or UnverifiedIdentity."""
    identity = db.session.scalar(
        select(Identity).where(
            Identity.provider == claimed.provider,
            Identity.issuer == claimed.issuer,
            Identity.subject == claimed.subject,
        )
    )
    if identity is not None:
        return _sign_in_known_identity(identity, claimed)
    if claimed.email is None:
        raise UnverifiedIdentity(gettext("The account has no address we can use. Sign in with a link by mail instead."))
    user = users.find_user(claimed.email)
    if not claimed.authoritative or (user is not None and user.is_team):
        return EmailProofRequired(claimed.email)
    result = login.by_email(claimed.email, name=claimed.name, microsoft_tenant=claimed.tenant)
    connect_identity(result.user, claimed, browser=browser, notify=user is not None and user.last_seen_at is not None)
    return result


def connect_identity(user: User, claimed: ProviderClaims, *, browser: str = "", notify: bool = True) -> Identity | None:
    """Let ``user``, who has proven the address, sign in with a provider's account, and notify them by mail.

    Returns None if the account meanwhile belongs to another user, or if ``user`` belongs to the team and the provider
    did not verify the address: nobody should be able to talk a member of the team into such a connection by mail.
    """
    if user.is_team and not claimed.verified:
        return None
    now = clock.now()
    try:
        with db.session.begin_nested():
            identity = Identity(
                user_id=user.id,
                provider=claimed.provider,
                issuer=claimed.issuer,
                subject=claimed.subject,
                email=claimed.email,
                confirmed_at=now,
                last_used_at=now,
            )
            db.session.add(identity)
    except IntegrityError:
        return None
    audit_log.add_entry(
        "connected a way of signing in", user, user.email, user.organization_id, provider=claimed.provider
    )
    if notify:
        outbox.enqueue_account_mail(DeliveryKind.linked, identity.id, browser=browser)
    return identity


def _sign_in_known_identity(identity: Identity, claimed: ProviderClaims) -> LoginResult | EmailProofRequired:
    user = identity.user
    if claimed.email and claimed.email != identity.email:
        audit_log.add_entry(
            "a provider's account changed its address; review",
            None,
            user.email,
            user.organization_id,
            provider=identity.provider,
            old=identity.email,
            new=claimed.email,
        )
        identity.email = claimed.email
    if claimed.authoritative and claimed.email == user.email:
        identity.confirmed_at = clock.now()
    elif identity.confirmed_at < clock.now() - RECONFIRM_AFTER:
        return EmailProofRequired(user.email, identity)
    return login.by_identity(identity, microsoft_tenant=claimed.tenant)


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
        multi_factor=_has_several_factors(claims),
    )


def _parse_microsoft_claims(claims: dict[str, Any]) -> ProviderClaims:
    tenant, subject = _tenant_id(claims), str(claims.get("oid") or "")
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
        multi_factor=_has_several_factors(claims),
    )


def _has_several_factors(claims: dict[str, Any]) -> bool:
    methods, context = claims.get("amr"), claims.get("acr")
    if isinstance(context, str) and context in second_factor.MULTI_FACTOR_CONTEXTS:
        return True
    return isinstance(methods, list) and bool(second_factor.MULTI_FACTOR_METHODS & {str(each) for each in methods})


def _tenant_id(claims: dict[str, Any]) -> str | None:
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
