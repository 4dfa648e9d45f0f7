"""Authentication. The cookie contains a random token; each request loads its session and user in one query."""

import logging
from typing import Any
from urllib.parse import urlencode

import flask
from flask import Flask, Response, g, make_response, redirect, render_template, request
from flask_login import current_user, login_user, logout_user
from sqlalchemy.exc import SQLAlchemyError

from helpdesk import config, extensions, translation
from helpdesk.config import Config
from helpdesk.database import errors
from helpdesk.database.transactions import start_write_transaction
from helpdesk.domain.administration import audit_log
from helpdesk.domain.authentication import known_browsers, rate_limits, sessions, user_agent
from helpdesk.domain.errors import PermissionDenied
from helpdesk.domain.people import admission as rules
from helpdesk.extensions import db, login_manager
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.models.user import User
from helpdesk.translation import gettext
from helpdesk.web import cookies
from helpdesk.web.middleware import authorization, language, request_transactions
from helpdesk.web.request import get_path_of_page

log = logging.getLogger(__name__)
MAX_SESSION_LIFETIME = max(sessions.ABSOLUTE_TIMEOUTS.values())
KNOWN_COOKIE = "known"
KNOWN_SECONDS = 180 * 24 * 3600
ENDPOINTS_ALLOWED_WHILE_IMPERSONATING = {"account.stop_impersonation", "sign_in.sign_out"}
BLUEPRINTS_ALLOWED_WITHOUT_PORTAL = {"account", "sign_in"}


def build_cookie_settings(configuration: Config) -> dict[str, Any]:
    """Flask's cookie settings: no access by scripts, no cross-site requests, and https only if the portal uses it."""
    return {
        "SESSION_COOKIE_NAME": cookies.get_cookie_name("session", configuration),
        "SESSION_COOKIE_SECURE": configuration.is_https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "SESSION_COOKIE_DOMAIN": None,
        "SESSION_REFRESH_EACH_REQUEST": False,
        "PERMANENT_SESSION_LIFETIME": MAX_SESSION_LIFETIME,
        # Pages with a token in their URL send no Referer; authorization.py checks Sec-Fetch-Site and Origin instead.
        "WTF_CSRF_SSL_STRICT": False,
    }


def register(app: Flask) -> None:
    """Configure Flask-Login."""
    login_manager.init_app(app)
    login_manager.session_protection = None
    login_manager.id_attribute = "session_token"
    login_manager.user_loader(_load_user)
    login_manager.unauthorized_handler(_handle_unauthorized)


def get_current_user() -> User:
    """Return the signed-in user, not Flask-Login's proxy for it."""
    return current_user._get_current_object()


def sign_in(
    user: User,
    provider: str,
    *,
    has_second_factor: bool = False,
    connection: SignInConnection | None = None,
    provider_session: str | None = None,
) -> None:
    """Start a session for ``user`` in this browser, with a new token; the browser's earlier session ends."""
    if current_user.is_authenticated:
        sessions.revoke_session(_get_real_user(), current_user.session.id)
    user.session_token = lambda: token
    token = sessions.create_session(
        user,
        provider,
        browser=get_user_agent(),
        ip_prefix=get_client_network(),
        has_second_factor=has_second_factor,
        connection=connection,
        provider_session=provider_session,
    )
    flask.session.clear()
    flask.session.permanent = True
    login_user(user, force=True)


def sign_out() -> None:
    """End this browser's session; a copy of its cookie is invalid from now on."""
    if current_user.is_authenticated:
        sessions.revoke_session(_get_real_user(), current_user.session.id)
        audit_sign_in(audit_log.SIGNED_OUT, _get_real_user())
    logout_user()
    flask.session.clear()


def get_user_agent() -> str:
    """Return the browser's User-Agent, 300 characters at most."""
    return request.headers.get("User-Agent", "")[:300]


def get_client_network() -> str:
    """Return the network prefix of the client's address."""
    return rate_limits.network_prefix(request.remote_addr)


def knows_client_network() -> bool:
    """Whether the network is the client's: behind a proxy that TRUSTED_PROXIES leaves out it is the proxy's own."""
    return bool(config.current().TRUSTED_PROXIES) or "X-Forwarded-For" not in request.headers


def audit_sign_in(action: str, user: User | None, subject: str = "", **details: Any) -> None:
    """Add an entry about signing in or out to the audit log, with the client's network and browser."""
    with translation.use_language(None):  # the log has one language, whoever signs in
        browser = user_agent.describe_user_agent(get_user_agent())
    audit_log.add_entry(
        action,
        user,
        subject or (user.email if user else ""),
        user.organization_id if user else None,
        network=get_client_network(),
        browser=browser,
        **details,
    )


def get_known_browsers() -> str:
    """Return the value of the cookie by which this browser is known to people who signed in with it."""
    return request.cookies.get(cookies.get_cookie_name(KNOWN_COOKIE), "")


def remember_browser(response: Response, user: User) -> None:
    """Let this browser be known as one in which ``user`` has signed in."""
    value = known_browsers.add_user(get_known_browsers(), user)
    cookies.set_cookie(response, cookies.get_cookie_name(KNOWN_COOKIE), value, seconds=KNOWN_SECONDS)


def get_landing_path(user: User) -> str:
    """Return the start page of ``user``; of an admin the set-up checklist, until it is done or dismissed."""
    from helpdesk.web.settings.setup import steps  # whose pages import this module

    if user.is_admin and steps.is_open():
        return "/settings/setup"
    return "/desk" if user.is_team else "/tickets"


def _load_user(token: str) -> User | None:
    """Load the user of a session token; None if the session has ended."""
    user = sessions.load_session(token)
    if user is not None:
        user.session_token = lambda: token
        language.use_language_of(user)
        if sessions.needs_touch(user.session) and _is_user_activity():
            g.seen_session = user.session.id
    return user


def _handle_unauthorized() -> Response:
    """Redirect to the sign-in page, with the requested page as ``next``."""
    next_path = request.full_path.rstrip("?") if request.method == "GET" else None
    if extensions.htmx:
        next_path = get_path_of_page(extensions.htmx.current_url)
    next_path = authorization.get_safe_next_path(next_path)
    address = "/sign-in?" + urlencode({"next": next_path}) if next_path and next_path != "/" else "/sign-in"
    if extensions.htmx:
        return Response(status=401, headers={"HX-Redirect": address})
    if request.accept_mimetypes.best == "text/event-stream":
        return Response(status=401)
    return redirect(address, 303 if request.method != "GET" else 302)


def _get_real_user() -> User:
    """Return the user who signed in, also while impersonating a customer."""
    return current_user.viewer if current_user.is_impersonating else get_current_user()


def block_writes_while_impersonating(audience: str, user: User | None) -> None:
    """Refuse writes while a team member views the portal as a customer, also those that anybody may ask for."""
    if request.method in request_transactions.SAFE_METHODS or request.endpoint in ENDPOINTS_ALLOWED_WHILE_IMPERSONATING:
        return
    if audience == authorization.MACHINE:
        return
    reader = user or get_current_user()
    if getattr(reader, "is_impersonating", False):
        raise PermissionDenied(
            gettext(
                "You are looking at the portal as %(viewed)s sees it. Nothing can be changed that way.",
                viewed=reader.viewed.name,
            )
        )


def block_disabled_portal(audience: str, user: User | None) -> Response | None:
    """Show customers a page with the reason if the installation's edition has no portal."""
    if audience != authorization.SIGNED_IN or request.blueprint in BLUEPRINTS_ALLOWED_WITHOUT_PORTAL:
        return None
    if user is not None and user.is_authenticated and not user.is_team and not rules.is_portal_enabled():
        return make_response(render_template("sign_in/portal_disabled.html"), 403)
    return None


def _is_user_activity() -> bool:
    """Whether a person made the request: fragments that an open page polls do not count as activity."""
    is_polling = request.method == "GET" and extensions.htmx and not extensions.htmx.boosted
    return not is_polling and request.accept_mimetypes.best != "text/event-stream"


def touch_session() -> None:
    """Update the session's last use after the response, in its own transaction, at most once a minute."""
    session_id = g.pop("seen_session", None)
    if session_id is None:
        return
    try:
        start_write_transaction()
        sessions.touch_session(session_id)
        db.session.commit()
    except SQLAlchemyError as error:
        db.session.rollback()
        errors.report_outage(log, error, "writing when a session was last seen")
