"""One line for each request: method, route, status and time, never a path or a query, which can hold one-time tokens.

Each request has an id, which the response carries as X-Request-ID and every line of the log that belongs to it shows.
"""

import logging
import re
import secrets
import time

from flask import Flask, Response, g, request
from sqlalchemy import inspect

from helpdesk import config, counters, logging_setup

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
UNLOGGED_ENDPOINTS = {"health.check_liveness", "health.check_readiness", "health.show_metrics", "static"}
log = logging.getLogger("helpdesk.access")


def register(app: Flask) -> None:
    """Give each request an id, and log it if ACCESS_LOG is on."""

    @app.before_request
    def begin() -> None:
        g.request_began = time.monotonic()
        g.request_id = _get_request_id()
        logging_setup.set_context(request_id=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        if "request_id" in g:
            response.headers["X-Request-ID"] = g.request_id
            if request.endpoint not in UNLOGGED_ENDPOINTS:
                _record_request(response)
        return response

    @app.teardown_request
    def clear_context(_error: BaseException | None) -> None:
        logging_setup.set_context()


def _get_request_id() -> str:
    """Return the proxy's id of the request, if there is a proxy whose headers are believed; else a new one."""
    given = request.headers.get("X-Request-ID", "") if config.current().TRUSTED_PROXIES else ""
    return given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def _record_request(response: Response) -> None:
    route = request.url_rule.rule if request.url_rule else "no route"
    seconds = time.monotonic() - g.request_began
    counters.count_request(request.method, route, response.status_code, seconds)
    if config.current().ACCESS_LOG:
        log.info("%s %s %s %.0f ms, %s", request.method, route, response.status_code, seconds * 1000, _name_user())


def _name_user() -> str:
    """Return the signed-in user's id for the log. A user whom the commit of the request expired is not loaded again."""
    user = g.get("_login_user")
    state = inspect(user, raiseerr=False)
    if state is not None and state.identity is not None:
        return f"user {state.identity[0]}"
    return f"user {user.id}" if user is not None and user.is_authenticated else "nobody"
