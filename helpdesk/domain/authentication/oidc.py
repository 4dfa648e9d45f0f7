"""Sign-in with Google and Microsoft: what their tokens prove, and when their accounts may be used to sign in."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from helpdesk import clock, config
from helpdesk.domain import outbox
from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.authentication import login, provider_keys
from helpdesk.domain.authentication.login import LoginResult
from helpdesk.domain.authentication.provider_claims import ProviderClaims, UnverifiedIdentity, tenant_id
from helpdesk.domain.people import users
from helpdesk.extensions import db
from helpdesk.models.delivery import DeliveryKind
from helpdesk.models.user import Identity, User
from helpdesk.translation import gettext

RECONFIRM_AFTER = timedelta(days=90)
LEEWAY_SECONDS = 60  # allowed difference between our clock and the provider's

log = logging.getLogger(__name__)


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
    issuers = [issuer.format(tid=tenant_id(claims) or "") for issuer in provider.issuers]
    if claims["iss"] not in issuers or not nonce or claims.get("nonce") != nonce:
        log.warning("A token of %s was refused: issuer or nonce", provider.title)
        raise UnverifiedIdentity(gettext("%(title)s did not prove who you are.", title=provider.title))
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != provider.client_id:
        raise UnverifiedIdentity(gettext("%(title)s did not prove who you are.", title=provider.title))
    return claims


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
