"""Magic links by mail: requested, opened without effect, redeemed by a button or by the mail's code."""

import re
import secrets
from urllib.parse import urlencode

import flask
from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.domain import email_address
from helpdesk.domain.administration import audit_log
from helpdesk.domain.authentication import (
    approvals,
    invitations,
    link_providers,
    login,
    magic_links,
    proof_of_work,
    provider_claims,
    signed_links,
    user_agent,
)
from helpdesk.domain.authentication.connections import routing
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import users
from helpdesk.extensions import db
from helpdesk.models.sign_in_link import SignInLink
from helpdesk.models.user import Identity
from helpdesk.translation import gettext, name_time_zone
from helpdesk.web import cookies
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.sign_in import after_login, login_page

blueprint = Blueprint("magic_link", __name__, url_prefix="/sign-in")
COOKIE_SECONDS = 20 * 60  # longer than the link is valid, to distinguish an expired link from another browser's
TOKEN_PATTERN = re.compile(r"[A-Za-z0-9_-]{43}")


@blueprint.post("/link")
@authorization.public
def request_link() -> ResponseReturnValue:
    """Send a link by mail. The response does not reveal whether the address is known."""
    next_path = authorization.get_safe_next_path(request.form.get("next"))
    typed = request.form.get("email", "")
    if not login_page.is_magic_link_enabled():
        return login_page.render_login_failed(gettext("Signing in by mail is switched off here."), 403)
    again = request.form.get("again", "")
    link = magic_links.find_link(again) if TOKEN_PATTERN.fullmatch(again) else None
    try:
        email = link.email if link else users.canonical_email(typed)
    except ValidationError as error:
        return login_page.render_login_page(next_path, typed, error.errors, 422)
    route = routing.find_route(email) if link is None else None
    if route is not None and route.is_at_once:
        return leave_for_provider(route.connection.slug, next_path)
    proof = proof_of_work.is_proof(request.form.get("challenge", ""), typed, request.form.get("proof", ""))
    return send_link(email, next_path=link.next_path if link else next_path, has_proof=proof)


@blueprint.get("/pause/<token>")
@authorization.public
def show_pause(token: str) -> ResponseReturnValue:
    """What the link of a mail about many requests would do. Opening it changes nothing."""
    link = magic_links.find_link(token)
    if link is None or link.purpose != magic_links.PAUSE or link.expires_at <= clock.now():
        return render_expired_link("")
    return render_pause_page(link.email, token, is_paused=link.used_at is not None)


@blueprint.post("/pause/<token>")
@authorization.public
def pause_requests(token: str) -> ResponseReturnValue:
    """Mail no more links to this address for a day, except to browsers and networks known."""
    try:
        email = magic_links.pause_requests(token)
    except magic_links.LinkExpired:
        return render_expired_link("")
    db.session.commit()
    return render_pause_page(email, token, is_paused=True)


@blueprint.get("/code")
@authorization.public
def show_link_sent() -> ResponseReturnValue:
    """What to do now that a link may have been sent."""
    return render_link_sent()


@blueprint.post("/code")
@authorization.public
def redeem_code() -> ResponseReturnValue:
    """Sign in with the code of the mail, typed in the browser that requested it."""
    try:
        link = magic_links.redeem_code(get_browser_token() or "", request.form.get("code", ""))
    except magic_links.LinkExpired as error:
        authentication.audit_sign_in(audit_log.WRONG_CODE, None, flask.session.get("link_email", ""))
        db.session.commit()
        return render_link_sent({"code": error.message}), 422
    return finish_login(link)


@blueprint.get("/link/<token>")
@authorization.public
def show_link(token: str) -> ResponseReturnValue:
    """What the link would do. Mail scanners open every link, so opening changes nothing."""
    link = magic_links.find_link(token)
    if not magic_links.is_open(link):
        return render_expired_link(token if link is not None and link.purpose == magic_links.SIGN_IN else "")
    return render_link_page(link, token)


@blueprint.post("/link/<token>")
@authorization.public
def redeem_link(token: str) -> ResponseReturnValue:
    """Redeem the link, once."""
    try:
        invitation = magic_links.find_link(token)
        if invitations.needs_confirmation(invitation):
            return send_link(invitation.email, next_path=invitation.next_path, is_vouched=True)
        link = magic_links.redeem(token, get_browser_token() or "")
    except magic_links.WrongBrowser:
        return render_link_page(magic_links.find_link(token), token, 403)
    except magic_links.LinkExpired:
        link = magic_links.find_link(token)
        return render_expired_link(token if link is not None and link.purpose == magic_links.SIGN_IN else "")
    return finish_login(link)


def send_link(
    email: str,
    *,
    next_path: str | None = None,
    has_proof: bool = False,
    is_vouched: bool = False,
    pending: provider_claims.ProviderClaims | None = None,
    known: Identity | None = None,
) -> Response:
    """Request a link from this browser, and respond that one may have been sent."""
    token = get_browser_token() or secrets.token_urlsafe(32)
    magic_links.request_link(
        email,
        browser_token=token,
        next_path=next_path,
        ip_prefix=authentication.get_client_network(),
        browser=authentication.get_user_agent(),
        time_zone=request.form.get("time_zone", ""),
        known_browsers_cookie=authentication.get_known_browsers(),
        has_proof=has_proof,
        is_vouched=is_vouched,
        pending=pending,
        identity=known,
    )
    db.session.commit()
    flask.session["link_email"] = email
    response = redirect("/sign-in/code", 303)
    cookies.set_cookie(response, cookies.get_cookie_name("ml"), token, seconds=COOKIE_SECONDS)
    return with_no_store(response)


def leave_for_provider(slug: str, next_path: str | None) -> Response:
    """The page that goes on to a provider by itself: the policy of forms forbids redirects to other sites."""
    address = f"/sign-in/sso/{slug}" + ("?" + urlencode({"next": next_path}) if next_path else "")
    return with_no_store(make_response(render_template("sign_in/leaving.html", address=address)))


def finish_login(link: SignInLink) -> Response:
    """The address is proven: sign its owner in, or respond that no organization admits them."""
    try:
        result = magic_links.complete_sign_in(link, browser=authentication.get_user_agent())
    except login.NotAdmitted as error:
        authentication.audit_sign_in(audit_log.SIGN_IN_REFUSED, None, link.email, provider="link")
        db.session.commit()
        return login_page.render_login_failed(error.message, 403)
    provider, connection = link_providers.find_provider(link)
    response = after_login.complete_login(
        result,
        provider,
        link.next_path,
        connection=connection,
        provider_session=link_providers.get_provider_session(link),
    )
    cookies.delete_cookie(response, cookies.get_cookie_name("ml"))
    return with_no_store(response)


def get_browser_token() -> str | None:
    """Return the token that this browser received when it requested a link."""
    cookie = request.cookies.get(cookies.get_cookie_name("ml"), "")
    return cookie if TOKEN_PATTERN.fullmatch(cookie) else None


def render_link_sent(errors: dict[str, str] | None = None) -> str:
    """Render the page that waits for the link or its code, with the number for an approval in another browser."""
    link = approvals.find_requested(get_browser_token() or "")
    return render_template(
        "sign_in/link_sent.html",
        email=flask.session.get("link_email", ""),
        number=signed_links.link_number(link) if link is not None else "",
        errors=errors or {},
    )


def render_link_page(
    link: SignInLink, token: str, status: int = 200, errors: dict[str, str] | None = None, is_approved: bool = False
) -> Response:
    """Render the page with the button that redeems the link, or approves the sign-in of the browser it is for."""
    is_invitation = link.purpose == magic_links.INVITATION
    invited = users.find_user(link.email) if is_invitation else None
    html = render_template(
        "sign_in/confirm_link.html",
        masked=email_address.mask_address(link.email),
        is_mine=magic_links.matches_browser(link, get_browser_token() or ""),
        is_invitation=is_invitation,
        needs_confirmation=invitations.needs_confirmation(link),
        connects=link.pending_identity is not None,
        is_team=invited is not None and invited.is_team,
        device=user_agent.describe_user_agent(link.browser) if link.browser else "",
        city=name_time_zone(link.time_zone) if link.time_zone else "",
        network=link.ip_prefix if authentication.knows_client_network() else "",
        is_near=bool(link.ip_prefix) and link.ip_prefix == authentication.get_client_network(),
        requested_at=link.created_at,
        is_approved=is_approved or link.approved_at is not None,
        errors=errors or {},
        token=token,
    )
    return with_no_store(make_response(html, status))


def render_pause_page(email: str, token: str, is_paused: bool) -> Response:
    """Render the page with the button that stops requests, or that says that they are stopped."""
    masked = email_address.mask_address(email)
    html = render_template("sign_in/pause.html", masked=masked, token=token, is_paused=is_paused)
    return with_no_store(make_response(html))


def render_expired_link(again: str) -> Response:
    """410, with a button for a new link; ``again`` is the expired link's token."""
    return with_no_store(
        make_response(
            render_template("sign_in/link_expired.html", again=again if login_page.is_magic_link_enabled() else ""), 410
        )
    )


def with_no_store(response: Response) -> Response:
    """Let nothing of this page be cached or sent on as a Referer."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
