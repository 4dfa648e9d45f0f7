"""One line for each request: method, route, status and time, never a path or a query, which can hold one-time tokens.

Each request has an id, which the response carries as X-Request-ID and every line of the log that belongs to it shows.
"""

import logging
import re
import secrets
import time

from flask import Response, g, request
from sqlalchemy import inspect

from helpdesk import config, counters, logging_setup

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
UNLOGGED_ENDPOINTS = {"health.check_liveness", "health.check_readiness", "health.show_metrics", "static"}
log = logging.getLogger("helpdesk.access")


def begin() -> None:
    """Give the request an id."""
    request_id = _get_request_id()
    g.log_entry = (request_id, time.monotonic())
    logging_setup.set_context(request_id=request_id)


def end(response: Response) -> Response:
    """Name the id in ``response``, and log the request if ACCESS_LOG is on."""
    entry = g.get("log_entry")
    if entry is not None:
        request_id, began = entry
        response.headers["X-Request-ID"] = request_id
        if request.endpoint not in UNLOGGED_ENDPOINTS:
            _record_request(response, time.monotonic() - began)
    return response


def clear_context() -> None:
    """Let later lines of the log have no id."""
    logging_setup.set_context()


def _get_request_id() -> str:
    """Return the proxy's id of the request, if there is a proxy whose headers are believed; else a new one."""
    given = request.headers.get("X-Request-ID", "") if config.current().TRUSTED_PROXIES else ""
    return given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def _record_request(response: Response, seconds: float) -> None:
    rule, method = request.url_rule, request.method
    route = rule.rule if rule else "no route"
    counters.count_request(method, route, response.status_code, seconds)
    if config.current().ACCESS_LOG:
        log.info("%s %s %s %.0f ms, %s", method, route, response.status_code, seconds * 1000, _name_user())


def _name_user() -> str:
    """Return the signed-in user's id for the log. A user whom the commit of the request expired is not loaded again."""
    user = g.get("_login_user")
    state = inspect(user, raiseerr=False)
    if state is not None and state.identity is not None:
        return f"user {state.identity[0]}"
    return f"user {user.id}" if user is not None and user.is_authenticated else "nobody"
