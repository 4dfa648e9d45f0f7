"""Who may call which address. A view that says nothing needs a signed-in person; ``enforce`` asks before every request."""

import re
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, request
from flask_login import current_user
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from helpdesk import config
from helpdesk.domain.errors import NotAllowed
from helpdesk.extensions import csrf
from helpdesk.web import transactions

View = TypeVar("View", bound=Callable)
PUBLIC, PERSON, TEAM, LEAD, ADMIN, SIGNED = "public", "person", "team", "lead", "admin", "signed"
NO_PLACE_TO_LAND = ("/sign-in", "/sign-out", "/hooks", "/static", "/account/viewing")
PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


def public(view: View) -> View:
    """Anybody may come here, signed in or not."""
    return _mark(view, PUBLIC)


def team_only(view: View) -> View:
    """Agents, leads and admins; for customers the address does not exist."""
    return _mark(view, TEAM)


def lead_only(view: View) -> View:
    """Leads and admins."""
    return _mark(view, LEAD)


def admin_only(view: View) -> View:
    """Admins."""
    return _mark(view, ADMIN)


def signed(by: str) -> Callable[[View], View]:
    """A door for machines: the view itself checks the proof of ``by``, so no cookie and no CSRF token are asked for."""

    def decorate(view: View) -> View:
        view.signed_by = by
        return _mark(csrf.exempt(view), SIGNED)

    return decorate


def audience(endpoint: str | None) -> str:
    """Who may call ``endpoint``: one of the words above."""
    if endpoint is None or endpoint == "static":
        return PUBLIC
    return getattr(current_app.view_functions.get(endpoint), "audience", PERSON)


def register(app: Flask) -> None:
    """Ask before every request."""
    app.before_request(enforce)


def enforce():
    """Answer those who may not come in; everybody else goes on to the view."""
    wanted = audience(request.endpoint)
    if wanted == SIGNED:
        return None
    if request.method not in transactions.SAFE and not _is_from_here():
        abort(403)
    if wanted == PUBLIC:
        return None
    if not current_user.is_authenticated:
        return current_app.login_manager.unauthorized()
    if wanted == PERSON:
        return None
    if not current_user.is_team:
        abort(404)
    if (wanted == LEAD and not current_user.is_lead) or (wanted == ADMIN and not current_user.is_admin):
        raise NotAllowed("Only admins come in here." if wanted == ADMIN else "Only leads and admins come in here.")
    return None


def safe_next(path: str | None) -> str | None:
    """``path`` if it is an address of ours that somebody may land on after signing in, else None (security.md 1.5)."""
    if not path or len(path) > 2000 or not PATH.fullmatch(path):
        return None
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or parts.path.startswith(NO_PLACE_TO_LAND):
        return None
    try:
        current_app.url_map.bind("portal").match(parts.path, method="GET")
    except (HTTPException, RequestRedirect):
        return None
    return path


def _mark(view: View, who: str) -> View:
    view.audience = who
    return view


def _is_from_here() -> bool:
    """Whether the browser says that the form stood on a page of ours. One that says nothing is left to the CSRF token."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    parts = urlsplit(config.current().PORTAL_BASE_URL)
    return origin in (None, "null", f"{parts.scheme}://{parts.netloc}", request.host_url.rstrip("/"))
