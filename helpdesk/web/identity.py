"""Who is asking. The cookie holds a random token; each request reads from its row, in one query, who that is."""

import logging
from urllib.parse import urlencode, urlsplit

import flask
from flask import Flask, Response, g, make_response, redirect, render_template, request
from flask.sessions import SecureCookieSessionInterface
from flask_login import current_user, login_user, logout_user
from sqlalchemy.exc import SQLAlchemyError

from helpdesk import extensions
from helpdesk.config import Config
from helpdesk.domain import access as rules
from helpdesk.domain.errors import NotAllowed
from helpdesk.domain.sign_in import limits, sessions
from helpdesk.extensions import db, login_manager
from helpdesk.models.people import User
from helpdesk.web import access, transactions

log = logging.getLogger(__name__)
LONGEST = max(sessions.ABSOLUTE.values())
WHILE_VIEWING = {"account.stop_viewing", "sign_in.sign_out"}
WHILE_CLOSED = {"account", "sign_in"}


class Cookies(SecureCookieSessionInterface):
    """Flask's cookies; what signs them is put together once for the application, not twice in every request."""

    _kept = None

    def get_signing_serializer(self, app: Flask):
        if self._kept is None:
            self._kept = super().get_signing_serializer(app)
        return self._kept


def cookie_settings(config: Config) -> dict:
    """How our cookies are called and kept: out of scripts' and other sites' reach, and of plain http's where there is https."""
    return {
        "SESSION_COOKIE_NAME": cookie_name(config, "session"),
        "SESSION_COOKIE_SECURE": config.is_https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "SESSION_COOKIE_DOMAIN": None,
        "SESSION_REFRESH_EACH_REQUEST": False,
        "PERMANENT_SESSION_LIFETIME": LONGEST,
        # Pages with a link in their address send no Referer; web.access asks for Sec-Fetch-Site and Origin instead.
        "WTF_CSRF_SSL_STRICT": False,
    }


def cookie_name(config: Config, name: str) -> str:
    """``name`` with the prefix that ties it to this host alone, which browsers accept only over https."""
    return f"__Host-{name}" if config.is_https else name


def register(app: Flask) -> None:
    """Tell Flask-Login where people come from, and what happens before and after each request."""
    app.session_interface = Cookies()
    login_manager.init_app(app)
    login_manager.session_protection = None
    login_manager.id_attribute = "session_token"
    login_manager.user_loader(_load)
    login_manager.unauthorized_handler(_unauthorized)
    access.register(app)
    app.before_request(_keep_viewers_from_changing)
    app.before_request(_close_the_portal)
    app.teardown_request(_note_being_seen)


def me() -> User:
    """The signed-in person themselves, not Flask-Login's stand-in for them."""
    return current_user._get_current_object()


def sign_in(user: User, provider: str) -> None:
    """Begin a session for ``user`` in this browser, with a new token; whatever the browser held before is forgotten."""
    if current_user.is_authenticated:
        sessions.revoke(_person(), current_user.session.id)
    user.session_token = lambda: token
    token = sessions.start(user, provider, browser=browser(), ip_prefix=network())
    flask.session.clear()
    flask.session.permanent = True
    login_user(user, force=True)


def sign_out() -> None:
    """End this browser's session; a copy of its cookie is worth nothing from now on."""
    if current_user.is_authenticated:
        sessions.revoke(_person(), current_user.session.id)
    logout_user()
    flask.session.clear()


def browser() -> str:
    """What the browser calls itself."""
    return request.headers.get("User-Agent", "")[:300]


def network() -> str:
    """The network the request comes from."""
    return limits.network(request.remote_addr)


def home(user: User) -> str:
    """Where somebody belongs."""
    return "/desk" if user.is_team else "/tickets"


def _load(token: str) -> User | None:
    user = sessions.load(token)
    if user is not None:
        user.session_token = lambda: token
        if sessions.is_due(user.session) and _is_a_person_acting():
            g.seen_session = user.session.id
    return user


def _unauthorized() -> Response:
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    if extensions.htmx:
        wanted = urlsplit(extensions.htmx.current_url or "")._replace(scheme="", netloc="", fragment="").geturl()
    wanted = access.safe_next(wanted)
    address = "/sign-in?" + urlencode({"next": wanted}) if wanted and wanted != "/" else "/sign-in"
    if extensions.htmx:
        return Response(status=401, headers={"HX-Redirect": address})
    if request.accept_mimetypes.best == "text/event-stream":
        return Response(status=401)
    return redirect(address, 303 if request.method != "GET" else 302)


def _person() -> User:
    """The one who signed in, also while looking through a customer's eyes."""
    return current_user.viewer if current_user.is_viewing else me()


def _keep_viewers_from_changing() -> None:
    if request.method in transactions.SAFE or request.endpoint in WHILE_VIEWING:
        return
    if access.audience(request.endpoint) != access.SIGNED and getattr(current_user, "is_viewing", False):
        raise NotAllowed(
            f"You are looking at the portal as {current_user.viewed.name} sees it. Nothing can be changed that way."
        )


def _close_the_portal() -> Response | None:
    """Customers of an installation whose edition has no portal read why; the team goes on."""
    if access.audience(request.endpoint) != access.PERSON or request.blueprint in WHILE_CLOSED:
        return None
    if current_user.is_authenticated and not current_user.is_team and not rules.portal_is_on():
        return make_response(render_template("sign_in/closed.html"), 403)
    return None


def _is_a_person_acting() -> bool:
    """What an open page asks for by itself does not count as somebody being there."""
    by_itself = request.method == "GET" and extensions.htmx and not extensions.htmx.boosted
    return not by_itself and request.accept_mimetypes.best != "text/event-stream"


def _note_being_seen(_error) -> None:
    """After the answer is made, in a transaction of its own: at most once a minute for each session."""
    session_id = g.pop("seen_session", None)
    if session_id is None:
        return
    try:
        extensions.begin_writing()
        sessions.touch(session_id)
        db.session.commit()
    except SQLAlchemyError as error:
        db.session.rollback()
        log.warning("When session %s was last seen could not be written: %s", session_id, type(error).__name__)
