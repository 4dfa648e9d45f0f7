"""Who may call which view.

A view without a decorator needs a signed-in person; ``enforce_audience`` checks every request.
"""

import re
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from flask import abort, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from helpdesk import config
from helpdesk.domain.errors import PermissionDenied
from helpdesk.extensions import csrf
from helpdesk.models.user import User
from helpdesk.translation import gettext
from helpdesk.web.middleware import request_transactions

View = TypeVar("View", bound=Callable)
PUBLIC, SIGNED_IN, TEAM, LEAD, ADMIN, MACHINE = "public", "person", "team", "lead", "admin", "signed"
FORBIDDEN_NEXT_PREFIXES = ("/sign-in", "/sign-out", "/hooks", "/static", "/account/viewing")
LOCAL_PATH_PATTERN = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


def public(view: View) -> View:
    """Anybody may call this view, signed in or not."""
    return _set_audience(view, PUBLIC)


def team_only(view: View) -> View:
    """Agents, leads and admins; customers get 404."""
    return _set_audience(view, TEAM)


def lead_only(view: View) -> View:
    """Leads and admins; agents get 403, customers 404."""
    return _set_audience(view, LEAD)


def admin_only(view: View) -> View:
    """Admins; the rest of the team gets 403, customers 404."""
    return _set_audience(view, ADMIN)


def machine_only(by: str) -> Callable[[View], View]:
    """Return a view for programs: it verifies the proof named by ``by``; session and CSRF token are not needed."""

    def decorate(view: View) -> View:
        view.signed_by = by
        return _set_audience(csrf.exempt(view), MACHINE)

    return decorate


def get_audience(endpoint: str | None) -> str:
    """Return the audience of ``endpoint``: one of the constants above."""
    if endpoint is None or endpoint == "static":
        return PUBLIC
    return getattr(current_app.view_functions.get(endpoint), "audience", SIGNED_IN)


def enforce_audience(audience: str, user: User | None) -> ResponseReturnValue | None:
    """Refuse those who may not call a view for ``audience``; return None for everybody else."""
    if audience == MACHINE:
        return None
    if request.method not in request_transactions.SAFE_METHODS and not _is_same_origin():
        abort(403)
    if audience == PUBLIC:
        return None
    if user is None or not user.is_authenticated:
        return current_app.login_manager.unauthorized()
    if audience == SIGNED_IN:
        return None
    if not user.is_team:
        abort(404)
    if (audience == LEAD and not user.is_lead) or (audience == ADMIN and not user.is_admin):
        raise PermissionDenied(
            gettext("Only admins come in here.")
            if audience == ADMIN
            else gettext("Only leads and admins come in here.")
        )
    return None


def get_safe_next_path(path: str | None) -> str | None:
    """``path`` if it is a page of this portal that a person may be sent to after signing in, else None."""
    if not path or len(path) > 2000 or not LOCAL_PATH_PATTERN.fullmatch(path):
        return None
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or parts.path.startswith(FORBIDDEN_NEXT_PREFIXES):
        return None
    try:
        current_app.url_map.bind("portal").match(parts.path, method="GET")
    except (HTTPException, RequestRedirect):
        return None
    return path


def _set_audience(view: View, who: str) -> View:
    view.audience = who
    return view


def _is_same_origin() -> bool:
    """Whether the browser reports a same-origin form. Without these headers only the CSRF token decides."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    parts = urlsplit(config.current().PORTAL_BASE_URL)
    return origin in (None, "null", f"{parts.scheme}://{parts.netloc}", request.host_url.rstrip("/"))
