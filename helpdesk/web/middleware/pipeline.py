"""What runs before a view, after it and at the end of every request, in one order.

Each list is one function for Flask, which asks of every function that is registered whether it is a coroutine: one for
each step took 2 % of the processor time of a ticket's page.
"""

from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue

from helpdesk.database import replica
from helpdesk.web import drafts
from helpdesk.web.middleware import (
    access_log,
    authentication,
    authorization,
    clean_addresses,
    csrf,
    flashed_messages,
    language,
    maintenance,
    personal_limits,
    repeated_forms,
    replica_reads,
    request_transactions,
    second_factor,
    security_headers,
)
from helpdesk.web.request import limit_anonymous_body

# Before the CSRF token is checked. They return nothing.
PREPARATIONS = (
    access_log.begin,
    limit_anonymous_body,
    request_transactions.set_transaction_mode,
    replica.track_writes,
    language.use_language_of_browser,
)
# Each is given the view's audience and, if it needs somebody signed in, the user; it returns a response to refuse.
CHECKS = (
    authorization.enforce_audience,
    authentication.block_writes_while_impersonating,
    authentication.block_disabled_portal,
    clean_addresses.redirect_to_clean,
    second_factor.require_second_factor,
    second_factor.require_recent_proof,
    personal_limits.enforce_limits,
    maintenance.refuse_writes,
    repeated_forms.refuse_repeated,
)
COMPLETIONS = (
    drafts.empty_accepted_draft,
    flashed_messages.keep_newest,
    security_headers.add_headers,
    replica_reads.remember_position,
    access_log.end,
)
# Also when a view failed or the client is gone.
ENDINGS = (
    personal_limits.end_request,
    authentication.touch_session,
    language.restore_language,
    request_transactions.end_transaction_mode,
    access_log.clear_context,
)


def register(app: Flask) -> None:
    """Run the steps for each request of ``app``."""
    app.before_request(prepare)
    csrf.register(app)
    repeated_forms.register(app)
    app.before_request(check)
    app.after_request(complete)
    app.teardown_request(end)


def prepare() -> None:
    """Run what every request needs, before anything is asked of the database."""
    for step in PREPARATIONS:
        step()


def check() -> ResponseReturnValue | None:
    """Return the answer of the first check that refuses the request; None if it may go on."""
    audience = authorization.get_audience(request.endpoint)
    is_personal = audience not in (authorization.PUBLIC, authorization.MACHINE)
    user = authentication.get_current_user() if is_personal else None
    for step in CHECKS:
        answer = step(audience, user)
        if answer is not None:
            g.is_refused = True
            return answer
    return None


def complete(response: Response) -> Response:
    """Return ``response`` with its headers and cookies."""
    for step in COMPLETIONS:
        response = step(response)
    return response


def end(_error: BaseException | None) -> None:
    """Undo what ``prepare`` set for this thread."""
    for step in ENDINGS:
        step()
