"""What people read when something does not work; never a traceback, never a word more to one than to another."""

import logging
import secrets

from flask import Flask, Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from helpdesk import rendering
from helpdesk.domain.errors import Conflict, Invalid, NotAllowed, Refused
from helpdesk.extensions import db
from helpdesk.web import problems

log = logging.getLogger(__name__)
PAGES = {400, 403, 404, 413, 422, 429, 500, 503}
DATABASE_GONE = (OperationalError, InterfaceError, PoolTimeout)
BARE = {500, 503}  # pages for when the database may be gone


def register(app: Flask) -> None:
    """Turn every error into a page with the right status."""

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        if error.response is not None:
            return error.response
        return page(error.code, headers=dict(error.get_headers()) if error.code == 405 else {})

    @app.errorhandler(CSRFError)
    def forged(_error) -> Response:
        return page(
            400, "This page had been open for too long. Go back, reload it and try again; your text is still there."
        )

    @app.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        db.session.rollback()
        status = {NotAllowed: 403, Invalid: 422, Conflict: 409}.get(type(error), 422)
        return page(status, error.sentence)

    @app.errorhandler(StaleDataError)
    def stale(_error) -> Response:
        db.session.rollback()
        return page(409, "Somebody else changed this meanwhile. Reload the page and try again.")

    for kind in DATABASE_GONE:
        app.register_error_handler(kind, out_of_order)

    @app.errorhandler(Exception)
    def unforeseen(error: Exception) -> Response:
        number = secrets.token_hex(4)
        log.exception("Error %s at %s %r", number, request.method, request.path)
        db.session.rollback()
        return page(500, number=number)


def out_of_order(error: Exception) -> Response:
    """The database does not answer, or not in time: come back in a moment."""
    log.error("The database does not answer: %s", type(error).__name__)
    db.session.rollback()
    return page(503, headers={"Retry-After": "5"})


def page(
    status: int, sentence: str | None = None, *, number: str | None = None, headers: dict | None = None
) -> Response:
    """The error page for ``status``; ``sentence`` says more where it may."""
    if request.path.startswith("/api/"):
        return problems.answer(status, sentence, headers=headers)
    name = status if status in PAGES else 400 if status < 500 else 500
    # Flask would first ask the database who is signed in and what the portal is called.
    render = rendering.template if name in BARE else render_template
    try:
        html = render(f"errors/{name}.html", sentence=sentence, number=number, status=status)
    except DATABASE_GONE as error:
        return out_of_order(error)
    response = make_response(html, status)
    for key, value in (headers or {}).items():
        if key.lower() in {"retry-after", "allow"}:
            response.headers[key] = value
    return response
