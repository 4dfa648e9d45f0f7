"""Cross-site request forgery (CSRF): every POST carries a token of the session, as a hidden field or a header.

The check is Flask-WTF's, for all views; ``authorization.machine_only`` and RFC 8058's one-click unsubscribe are exempt,
and so is what a telephone's browser itself sends to the portal's share target (``web/portal/installed.py``).
Source of the rule: OWASP's Cross-Site Request Forgery Prevention Cheat Sheet, synchronizer token pattern.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from flask import Flask, current_app, g, session
from flask_wtf.csrf import generate_csrf

from helpdesk.extensions import csrf

FIELD = "csrf_token"  # of forms and, as Flask-WTF's default, of the session
MAX_TOKENS = 1_000  # of sessions whose token is kept signed
SETTINGS: dict[str, Any] = {
    "WTF_CSRF_TIME_LIMIT": None,  # as long as the session
    "WTF_CSRF_HEADERS": ["X-CSRFToken"],
}

# Stands for the token in HTML that is kept. Nobody outside this process knows it, so that no text can contain it.
TO_FILL_IN = secrets.token_hex(24)


def register(app: Flask) -> None:
    """Check every request that changes something."""
    csrf.init_app(app)
    app.jinja_env.globals["csrf_token"] = get_token
    app.context_processor(lambda: {"csrf_token": get_token})  # Flask-WTF's comes before globals


def get_token() -> str:
    """Return the token of this request's forms. Flask-WTF's function makes a serializer each time; a page has eight."""
    token: str | None = g.get("token_of_forms")
    if token is None:
        secret, of_session = current_app.secret_key, session.get(FIELD)
        token = g.token_of_forms = _sign(of_session, secret) if of_session else generate_csrf()
    return token


@lru_cache(maxsize=MAX_TOKENS)
def _sign(_session_token: str, _secret: object) -> str:
    """Return the signed token of this request's session, which has one. Signing takes 3 % of a ticket's page."""
    return generate_csrf()


@contextmanager
def token_to_fill_in() -> Iterator[None]:
    """Let forms that are rendered in the block have no token yet: their HTML is kept for several sessions."""
    before = g.pop("token_of_forms", None)
    g.token_of_forms = TO_FILL_IN
    try:
        yield
    finally:
        g.pop("token_of_forms", None)
        if before is not None:
            g.token_of_forms = before


def fill_in_token(html: str) -> str:
    """Return ``html`` with the token of this request's forms."""
    return html.replace(TO_FILL_IN, get_token()) if TO_FILL_IN in html else html
