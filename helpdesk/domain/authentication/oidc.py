"""Sign-in with Google and Microsoft: what their tokens prove, and when their accounts may be used to sign in."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
import requests
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from helpdesk import bounded_http, clock, config
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

TOKEN_ERRORS: tuple[tuple[type[Exception], str], ...] = (
    (jwt.ExpiredSignatureError, "clock"),
    (jwt.ImmatureSignatureError, "clock"),
    (jwt.InvalidAudienceError, "audience"),
    (jwt.InvalidIssuedAtError, "clock"),
    (jwt.InvalidAlgorithmError, "algorithm"),
    (jwt.InvalidSignatureError, "signature"),
    (jwt.MissingRequiredClaimError, "claim"),
    (jwt.PyJWKClientConnectionError, "keys"),
    (jwt.PyJWKClientError, "key"),
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Provider:
    """The endpoints of a provider, and our credentials at it.

    ``connection_id``: the row that it is (``connections``); its addresses were entered by people, so ``fetch`` checks
    where they lead. ``names_itself``: its answers have the parameter ``iss``. ``takes_basic``: the secret goes to the
    token endpoint as HTTP Basic.
    """

    name: str
    title: str
    client_id: str
    client_secret: str
    authorize_url: str
    token_url: str
    keys_url: str
    issuers: tuple[str, ...]
    scope: tuple[str, ...]
    algorithms: tuple[str, ...] = ("RS256",)
    connection_id: int | None = None
    names_itself: bool = False
    takes_basic: bool = False
    fetch: provider_keys.Fetch = bounded_http.fetch_json

    @property
    def is_configured(self) -> bool:
        return bool(self.client_id)

    @property
    def is_on(self) -> bool:
        """Whether people may choose it: configured, and not switched off in the settings."""
        return self.is_configured and (self.connection_id is not None or settings.get(f"sign_in_{self.name}"))


@dataclass(frozen=True)
class EmailProofRequired:
    """The address must first be proven by a mailed link. ``identity`` is a known account that is confirmed again."""

    email: str
    identity: Identity | None = None


def get_provider(name: str) -> Provider:
    """Return the provider ``name``, "google" or "microsoft", as configured in the environment."""
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
    """Return the claims of ``id_token``, after its signature, issuer, audience, times and nonce were checked.

    Fetches the provider's keys, so no transaction should be open. Raises UnverifiedIdentity.
    """
    try:
        key = provider_keys.find_signing_key(provider.keys_url, id_token, provider.fetch)
        claims = jwt.decode(
            id_token,
            key.key,
            algorithms=list(provider.algorithms),
            audience=provider.client_id,
            leeway=LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "exp", "iat", "sub"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise _refuse_token(provider, _reason_of(error)) from None
    issuers = [issuer.replace("{tid}", tenant_id(claims) or "") for issuer in provider.issuers]
    if claims["iss"] not in issuers:
        raise _refuse_token(provider, "issuer")
    if not nonce or claims.get("nonce") != nonce:
        raise _refuse_token(provider, "nonce")
    is_for_several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", provider.client_id if not is_for_several else None) != provider.client_id:
        raise _refuse_token(provider, "audience")
    return claims


def _refuse_token(provider: Provider, reason: str) -> UnverifiedIdentity:
    log.warning("A token of %s was refused: %s", provider.title, reason)
    return UnverifiedIdentity(gettext("%(title)s did not prove who you are.", title=provider.title), reason=reason)


def _reason_of(error: Exception) -> str:
    """Return the code of ``connections.failures`` for an error of the library."""
    return next((reason for kind, reason in TOKEN_ERRORS if isinstance(error, kind)), "token")


def configuration_error(provider: Provider) -> str:
    """Why the provider cannot be used, as far as it can be checked without signing in; "" if no reason is found.

    Calls the provider, so no transaction should be open.
    """
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
    if _is_client_unknown(provider):
        return gettext(
            "%(title)s does not know this client, or its secret is another one. Copy both again.", title=provider.title
        )
    return ""


def _is_client_unknown(provider: Provider) -> bool:
    """Whether the token endpoint refuses our id or secret (RFC 6749, 5.2). The code that is sent is none."""
    fields = {"client_id": provider.client_id, "client_secret": provider.client_secret, "code": "none"}
    fields |= {"grant_type": "authorization_code", "redirect_uri": config.current().PORTAL_BASE_URL}
    try:
        _, answer = bounded_http.post_form(provider.token_url, fields)
    except (requests.RequestException, ValueError):
        return False
    return isinstance(answer, dict) and answer.get("error") in ("invalid_client", "unauthorized_client")


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
    result = login.by_email(
        claimed.email, name=claimed.name, microsoft_tenant=claimed.tenant, provider=claimed.provider
    )
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


def record_address(identity: Identity, claimed: ProviderClaims) -> None:
    """Keep the address that the provider now names; it moves nobody, and an entry asks for a review."""
    if not claimed.email or claimed.email == identity.email:
        return
    audit_log.add_entry(
        "a provider's account changed its address; review",
        None,
        identity.user.email,
        identity.user.organization_id,
        provider=identity.provider,
        old=identity.email,
        new=claimed.email,
    )
    identity.email = claimed.email


def _sign_in_known_identity(identity: Identity, claimed: ProviderClaims) -> LoginResult | EmailProofRequired:
    user = identity.user
    record_address(identity, claimed)
    if claimed.authoritative and claimed.email == user.email:
        identity.confirmed_at = clock.now()
    elif identity.confirmed_at < clock.now() - RECONFIRM_AFTER:
        return EmailProofRequired(user.email, identity)
    return login.by_identity(identity, microsoft_tenant=claimed.tenant)
