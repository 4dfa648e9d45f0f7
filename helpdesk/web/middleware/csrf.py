"""The token by which a form shows that it stood on a page of ours: Flask-WTF's, signed once for a browser, not for each of its pages."""

from functools import lru_cache

import flask
from flask import Flask, current_app, g
from flask_wtf.csrf import generate_csrf


def register(app: Flask) -> None:
    """Let templates have it where they would have Flask-WTF's."""
    app.jinja_env.globals["csrf_token"] = get_csrf_token
    app.context_processor(lambda: {"csrf_token": get_csrf_token})


def get_csrf_token() -> str:
    """The token of the browser that asks. Its secret half is in that browser's own cookie, and no other can use it."""
    secret = flask.session.get("csrf_token")
    return _sign_token(secret, current_app.secret_key) if isinstance(secret, str) else generate_csrf()


@lru_cache(maxsize=5_000)
def _sign_token(_secret: str, _key: str) -> str:
    """Of one ``_secret`` and one ``_key`` every signature is as good as another: they do not age (WTF_CSRF_TIME_LIMIT)."""
    g.pop("csrf_token", None)  # where Flask-WTF keeps what it signed earlier in this request
    return generate_csrf()
