"""Sign-in links by mail. Every request does the same work, whether the address is admitted or not."""

import json
import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, false, or_, select, update

from helpdesk import clock, jobs, key_derivation
from helpdesk.database.types import affected_rows
from helpdesk.domain import outbox
from helpdesk.domain.administration import audit_log
from helpdesk.domain.authentication import (
    known_browsers,
    link_providers,
    login,
    oidc,
    provider_claims,
    rate_limits,
    signed_links,
    typed_codes,
)
from helpdesk.domain.authentication.connections import sign_in as connected
from helpdesk.domain.authentication.login import LoginResult
from helpdesk.domain.errors import DomainError
from helpdesk.domain.people import admission, undeliverable_addresses
from helpdesk.extensions import db
from helpdesk.models.delivery import DeliveryKind, DeliveryState
from helpdesk.models.organization import Organization
from helpdesk.models.sign_in_link import SignInLink
from helpdesk.models.user import Identity, User
from helpdesk.translation import current_code, gettext

LINK_TTL = timedelta(minutes=10)
MAX_CODE_ATTEMPTS = 5
PAUSE_TTL = timedelta(days=1)
SIGN_IN, INVITATION, PAUSE = "sign_in", "invitation", "pause"


class LinkExpired(DomainError):
    """The link or code was used, has expired or does not exist."""


class WrongBrowser(DomainError):
    """The link is valid, but was requested in another browser."""


def request_link(
    email: str,
    *,
    browser_token: str,
    next_path: str | None = None,
    ip_prefix: str = "",
    browser: str = "",
    time_zone: str = "",
    known_browsers_cookie: str = "",
    has_proof: bool = False,
    is_vouched: bool = False,
    pending: "provider_claims.ProviderClaims | None" = None,
    identity: Identity | None = None,
) -> SignInLink:
    """Mail a link to the canonical address ``email`` if it is admitted. The response is the same if it is not.

    The link works in the browser that has ``browser_token``. ``pending`` is a provider's account to be connected once
    the address is proven, ``identity`` one to be confirmed again. ``is_vouched``: the browser holds other evidence that
    it is that person's. An unknown ``time_zone`` is left out.
    """
    user, organizations = login.look_up_email(email)
    user_id = user.id if user else None
    is_known_browser = is_vouched or known_browsers.is_known(known_browsers_cookie, user_id)
    trust = rate_limits.classify(user_id, ip_prefix, is_known_browser=is_known_browser, has_proof=has_proof)
    exceeded = rate_limits.exceeded_limit(email, ip_prefix, trust)
    pause = _find_pause(email)
    is_strange = trust in (rate_limits.Trust.proof, rate_limits.Trust.none)
    limited = bool(exceeded) or (is_strange and pause is not None and pause.used_at is not None)
    refusal = _refusal_reason(user, organizations)
    reason, browser_hash = "limited" if limited else refusal, key_derivation.fingerprint(browser_token)
    link = create_link(
        email,
        SIGN_IN,
        LINK_TTL,
        replaces=not limited,
        replaced=(SignInLink.browser_hash == browser_hash,),
        browser_hash=browser_hash,
        trust=trust,
        browser=browser[:300],
        time_zone=time_zone if time_zone in clock.time_zone_names() else "",
        next_path=next_path,
        ip_prefix=ip_prefix,
        refused=reason,
        identity_id=identity.id if identity else None,
        pending_identity=json.dumps(pending.as_dict()) if pending else None,
    )
    state, code = DeliveryState.cancelled if reason else DeliveryState.pending, current_code()
    delivery = outbox.enqueue_account_mail(DeliveryKind.sign_in, link.id, state=state, browser=browser, language=code)
    if reason:  # nothing will be sent, but the response takes as long as for an admitted address
        jobs.enqueue_after_commit("deliver_first", delivery.id)
    if limited and pause is None and exceeded == "address":
        _offer_pause(email, refusal, ip_prefix, browser)
    return link


def pause_requests(token: str) -> str:
    """Mail no links to the address of the pause link with ``token`` for a day, except to browsers and networks known.

    Returns the address. Raises LinkExpired.
    """
    link = find_link(token)
    if link is None or link.purpose != PAUSE or link.expires_at <= clock.now():
        raise LinkExpired(gettext("This link has expired."))
    if link.used_at is None:
        link.used_at, link.expires_at = clock.now(), clock.now() + PAUSE_TTL
        audit_log.add_entry(audit_log.PAUSED_LINKS, None, link.email)
    return link.email


def create_link(
    email: str,
    purpose: str,
    lasts: timedelta,
    replaces: bool = True,
    replaced: tuple[ColumnElement[bool], ...] = (),
    nonce: str | None = None,
    **values: Any,
) -> SignInLink:
    """Create a link. ``nonce``: what its token and code are derived from, 64 characters; random without one.

    If ``replaces``, earlier unused links of that address and purpose that meet ``replaced`` become invalid.
    """
    if replaces:
        invalidate_all(email, SignInLink.purpose == purpose, *replaced)
    link = SignInLink(
        purpose=purpose, email=email, nonce=nonce or secrets.token_hex(32), expires_at=clock.now() + lasts, **values
    )
    link.token_hash = key_derivation.fingerprint(signed_links.new_token(link))
    db.session.add(link)
    db.session.flush()
    return link


def find_link(token: str) -> SignInLink | None:
    """Return the link with this token, whatever its state; None also if its signing key is no longer accepted."""
    link = db.session.scalar(select(SignInLink).where(SignInLink.token_hash == key_derivation.fingerprint(token)))
    return link if link is not None and signed_links.link_token(link) else None


def find_link_of_nonce(nonce: str) -> SignInLink | None:
    """Return the link that was made with this ``nonce``, whatever its state."""
    return find_link(signed_links.new_token(SignInLink(nonce=nonce)))


def is_open(link: SignInLink | None) -> bool:
    """Whether the link can still be used."""
    return link is not None and link.used_at is None and link.refused is None and link.expires_at > clock.now()


def matches_browser(link: SignInLink, browser_token: str) -> bool:
    """Whether the link may be used in the browser that has ``browser_token``. Invitations work in any browser."""
    return link.purpose == INVITATION or bool(
        browser_token and link.browser_hash == key_derivation.fingerprint(browser_token)
    )


def redeem(token: str, browser_token: str) -> SignInLink:
    """Use a link once; of several requests at the same time one succeeds.

    Raises LinkExpired or WrongBrowser; nothing has changed then.
    """
    if find_link(token) is None:
        raise LinkExpired(gettext("This link has been used or has expired."))
    same_browser = SignInLink.browser_hash == key_derivation.fingerprint(browser_token) if browser_token else false()
    fits_browser = or_(SignInLink.purpose == INVITATION, same_browser)
    used = db.session.execute(
        update(SignInLink)
        .where(SignInLink.token_hash == key_derivation.fingerprint(token), fits_browser, *usable_condition())
        .values(used_at=clock.now())
        .returning(SignInLink.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if used is not None:
        return db.session.get_one(SignInLink, used, populate_existing=True)
    if is_open(find_link(token)):
        raise WrongBrowser(
            gettext("You asked for this link in another browser. Type the code from the same mail there.")
        )
    raise LinkExpired(gettext("This link has been used or has expired."))


def redeem_code(browser_token: str, typed: str) -> SignInLink:
    """Use the link last requested in this browser, by its code; five attempts.

    Raises LinkExpired. The attempt is counted then too, so the caller has to commit.
    """
    wrong = LinkExpired(gettext("This code is wrong or has expired. Codes last ten minutes and five tries."), "code")
    if not browser_token:
        raise wrong
    latest = (
        select(SignInLink.id)
        .where(
            SignInLink.browser_hash == key_derivation.fingerprint(browser_token),
            SignInLink.purpose == SIGN_IN,
            or_(SignInLink.refused.is_(None), SignInLink.refused != "limited"),
        )
        .order_by(SignInLink.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    counted = db.session.execute(
        update(SignInLink)
        .where(
            SignInLink.id == latest,
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > clock.now(),
            SignInLink.code_tries < MAX_CODE_ATTEMPTS,
        )
        .values(code_tries=SignInLink.code_tries + 1)
        .returning(SignInLink.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    link = db.session.get(SignInLink, counted, populate_existing=True) if counted is not None else None
    if link is None or not signed_links.is_code(link, typed_codes.normalize_link_code(typed)) or link.refused:
        raise wrong
    used = db.session.execute(
        update(SignInLink)
        .where(SignInLink.id == link.id, *usable_condition())
        .values(used_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    if affected_rows(used) != 1:
        raise wrong
    db.session.refresh(link)
    return link


def complete_sign_in(link: SignInLink, browser: str = "") -> LoginResult:
    """Sign in the person who used ``link``, which proves the address. Its other links become invalid.

    A pending account of a provider is connected. Raises NotAdmitted.
    """
    provider, connection = link_providers.find_provider(link)
    result = login.by_email(link.email, provider=provider, connection=connection)
    if link.email == result.user.email:
        undeliverable_addresses.clear_bounces(result.user)
    invalidate_all(link.email)
    if link.pending_identity:
        claimed = provider_claims.ProviderClaims(**json.loads(link.pending_identity))
        oidc.connect_identity(result.user, claimed, browser=browser)
        if connection is not None:
            connected.finish(connection, result.user, claimed)
    if link.identity_id:
        identity = db.session.get(Identity, link.identity_id)
        if identity is not None and identity.user_id == result.user.id:
            identity.confirmed_at = identity.last_used_at = clock.now()
    db.session.flush()
    return result


def usable_condition() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions under which a link can still be used, as ``is_open``."""
    return (SignInLink.used_at.is_(None), SignInLink.refused.is_(None), SignInLink.expires_at > clock.now())


def invalidate_all(email: str, *conditions: ColumnElement[bool]) -> None:
    """Make every unused link of ``email`` that meets ``conditions`` invalid."""
    db.session.execute(
        update(SignInLink)
        .where(SignInLink.email == email, SignInLink.used_at.is_(None), *conditions)
        .values(used_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _find_pause(email: str) -> SignInLink | None:
    """Return the latest pause link of ``email`` that has not ended; used, it stops requests."""
    return db.session.scalar(
        select(SignInLink)
        .where(SignInLink.email == email, SignInLink.purpose == PAUSE, SignInLink.expires_at > clock.now())
        .order_by(SignInLink.id.desc())
        .limit(1)
    )


def _offer_pause(email: str, refusal: str | None, ip_prefix: str, browser: str) -> None:
    """Mail ``email`` once a day that somebody requests links again and again, and how to stop it."""
    link = create_link(email, PAUSE, PAUSE_TTL, replaces=False, ip_prefix=ip_prefix, refused=refusal)
    state = DeliveryState.cancelled if refusal else DeliveryState.pending
    outbox.enqueue_account_mail(DeliveryKind.sign_in, link.id, state=state, browser=browser, language=current_code())
    audit_log.add_entry(audit_log.MANY_REQUESTS, None, email, network=ip_prefix)


def _refusal_reason(user: User | None, organizations: list[Organization]) -> str | None:
    portal_is_on = admission.is_portal_enabled()
    if user is not None and (not user.is_active or user.erased_at):
        return "deactivated"
    if user is not None and user.is_team:
        return None
    if not organizations:
        return "unknown"
    return None if portal_is_on else "portal_off"
