"""Cross-site request forgery (CSRF): every POST carries a token of the session, as a hidden field or a header.

The check is Flask-WTF's, for all views; ``authorization.machine_only`` and RFC 8058's one-click unsubscribe are exempt.
Source of the rule: OWASP's Cross-Site Request Forgery Prevention Cheat Sheet, synchronizer token pattern.
"""

from typing import Any

from flask import Flask

from helpdesk.extensions import csrf

SETTINGS: dict[str, Any] = {
    "WTF_CSRF_TIME_LIMIT": None,  # as long as the session
    "WTF_CSRF_HEADERS": ["X-CSRFToken"],
}


def register(app: Flask) -> None:
    """Check every request that changes something."""
    csrf.init_app(app)
