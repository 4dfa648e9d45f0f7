"""Error pages: readable, without tracebacks, and without hints at what exists."""

import logging
import secrets
from typing import Any

from flask import Flask, Response, g, make_response, render_template, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from helpdesk import outage_log
from helpdesk.config import UnsafeConfiguration
from helpdesk.database import constraints
from helpdesk.database import errors as database_errors
from helpdesk.domain.errors import ConflictError, DomainError, PermissionDenied, ValidationError
from helpdesk.extensions import db, htmx
from helpdesk.markup import markdown_rendering
from helpdesk.storage import StorageUnavailable
from helpdesk.translation import gettext, lazy_gettext
from helpdesk.web.api import problem_details

log = logging.getLogger(__name__)
STATUSES_WITH_PAGE = {400, 403, 404, 413, 422, 429, 500, 503}
# UnsafeConfiguration: a database whose encoding cannot hold every text.
DATABASE_UNAVAILABLE_ERRORS = (*database_errors.UNAVAILABLE_ERRORS, UnsafeConfiguration)
STATUSES_WITHOUT_DATABASE = {500, 503}  # their pages must not need the database
TEXT_FIELDS = ("subject", "body", "text", "notes", "comment", "answer", "description")  # never a secret
READ_ONLY_SENTENCE = lazy_gettext(
    "Nothing can be saved at the moment, only read: the database is under maintenance. "
    "What you wrote is still in this page; send it again in a few minutes."
)
STORAGE_SENTENCE = lazy_gettext(
    "Files cannot be stored or opened at the moment. What you wrote is still in this page; try again in a few minutes."
)


def register(app: Flask) -> None:
    """Render every error as a page with the right status."""

    @app.errorhandler(HTTPException)
    def handle_http_error(error: HTTPException) -> Response:
        if error.response is not None:
            return error.response
        return render_error_page(error.code, headers=dict(error.get_headers()) if error.code == 405 else {})

    @app.errorhandler(CSRFError)
    def handle_csrf_error(_error: CSRFError) -> Response:
        return render_error_page(
            400,
            gettext(
                "This page had been open for too long. Go back, reload it and try again; your text is still there."
            ),
        )

    @app.errorhandler(DomainError)
    def handle_domain_error(error: DomainError) -> Response:
        db.session.rollback()
        if isinstance(error, PermissionDenied):
            log_refused_access()
        status = {PermissionDenied: 403, ValidationError: 422, ConflictError: 409}.get(type(error), 422)
        return render_error_page(status, error.message)

    @app.errorhandler(StaleDataError)
    def handle_stale_data(_error: StaleDataError) -> Response:
        db.session.rollback()
        return render_error_page(409, gettext("Somebody else changed this meanwhile. Reload the page and try again."))

    @app.errorhandler(IntegrityError)
    def handle_integrity_error(error: IntegrityError) -> Response:
        if not constraints.is_conflict(error):
            return handle_unexpected_error(error)
        db.session.rollback()
        return render_error_page(
            409,
            gettext(
                "Somebody else saved the same thing, or removed what this belongs to, at the same moment. "
                "Go back, load the page again and see what is there now."
            ),
        )

    @app.errorhandler(StorageUnavailable)
    def handle_storage_unavailable(error: StorageUnavailable) -> Response:
        outage_log.report(log, "The file store does not answer", str(error))
        db.session.rollback()
        return render_error_page(503, STORAGE_SENTENCE, headers={"Retry-After": "30"})

    for kind in DATABASE_UNAVAILABLE_ERRORS:
        app.register_error_handler(kind, handle_database_unavailable)

    @app.errorhandler(Exception)
    def handle_unexpected_error(error: Exception) -> Response:
        number = g.get("request_id") or secrets.token_hex(8)
        log.exception("Error %s at %s %r", number, request.method, request.path)
        db.session.rollback()
        return render_error_page(500, number=number)


def log_refused_access() -> None:
    """Log who was refused what (ASVS 16.3.2). What somebody may not see is 404 and no attempt by itself."""
    session = current_user.session if current_user.is_authenticated else None
    log.info("Refused: session %s, %s %s", session.id if session else None, request.method, request.endpoint)


def handle_database_unavailable(error: Exception) -> Response:
    """503: the database does not answer, not in time, or takes no writes."""
    try:
        db.session.rollback()
    except DATABASE_UNAVAILABLE_ERRORS:
        db.session.remove()
    database_errors.report_outage(log, error, "a request")
    if database_errors.is_read_only_error(error):
        return render_error_page(503, READ_ONLY_SENTENCE, headers={"Retry-After": "30"})
    return render_error_page(503, headers={"Retry-After": "5"})


def render_error_page(
    status: int, sentence: str | None = None, *, number: str | None = None, headers: dict[str, Any] | None = None
) -> Response:
    """Render the error page for ``status``; ``sentence`` is an additional explanation."""
    if request.path.startswith("/api/"):
        return problem_details.render_problem(status, sentence and str(sentence), headers=headers)
    name = status if status in STATUSES_WITH_PAGE else 400 if status < 500 else 500
    # Flask's own render_template would query the database for the user and the portal's name.
    render = markdown_rendering.render_template if name in STATUSES_WITHOUT_DATABASE else render_template
    try:
        html = render(
            f"errors/{name}.html", sentence=sentence, number=number, status=status, written=list_written_texts()
        )
    except DATABASE_UNAVAILABLE_ERRORS as error:
        return handle_database_unavailable(error)
    response = make_response(html, status)
    for key, value in (headers or {}).items():
        if key.lower() in {"retry-after", "allow"}:
            response.headers[key] = value
    return response


def list_written_texts() -> list[str]:
    """Return the texts of the form that one of our pages sent: the page that comes instead must not take them away.

    With HTMX the form stays. What another site has a browser send is not repeated.
    """
    form = request.__dict__.get("form")  # only if it could be read
    if not form or htmx or request.headers.get("Sec-Fetch-Site") != "same-origin":
        return []
    return [text for name in TEXT_FIELDS for text in form.getlist(name) if text.strip()]
