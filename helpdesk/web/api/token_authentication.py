"""Authentication in the API: a bearer token, its scopes and its rate limit."""

import functools
import logging
from collections.abc import Callable
from typing import Any

from flask import g, request

from helpdesk import clock, key_derivation
from helpdesk.database import errors
from helpdesk.database.transactions import set_read_only, start_write_transaction
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.integrations import api_tokens
from helpdesk.extensions import db
from helpdesk.models.api_token import ApiToken
from helpdesk.models.user import User
from helpdesk.web.api import problem_details
from helpdesk.web.middleware import authentication, authorization, personal_limits, request_transactions

MAX_REQUESTS_PER_MINUTE = 600
log = logging.getLogger(__name__)


def require_scope(scope: str) -> Callable:
    """Let a view be called only with a valid token that has ``scope``; refusals become problem responses."""

    def decorate(view: Callable) -> Callable:
        @functools.wraps(view)
        def guarded(*args: Any, **values: Any) -> Any:
            token = _authenticate_token()
            if token is None:
                log.info("An API token was refused: %s from %s", request.endpoint, authentication.get_client_network())
                headers = {"WWW-Authenticate": "Bearer"}
                return problem_details.render_problem(401, "Send a valid API token as a bearer token.", headers=headers)
            if scope not in token.scopes:
                return problem_details.render_problem(403, f"This token lacks the scope {scope}.")
            if _is_rate_limited(token):
                return problem_details.render_problem(
                    429, f"A token may ask {MAX_REQUESTS_PER_MINUTE} times a minute.", headers={"Retry-After": "30"}
                )
            g.api_token = token
            try:
                return view(*args, **values)
            except ValidationError as error:
                db.session.rollback()
                return problem_details.render_problem(422, error.message, errors=error.errors)

        return authorization.machine_only("an API token")(guarded)

    return decorate


def get_token_user() -> User:
    """The user the token acts as."""
    return g.api_token.user


def get_idempotency_key() -> str | None:
    """A key that identifies a repeated request, from the header Idempotency-Key; different for every token."""
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return None
    return key_derivation.fingerprint(f"api idempotency {g.api_token.token_hash} {key[:200]}")


def _authenticate_token() -> ApiToken | None:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return None
    token = api_tokens.find_token(secret.strip())
    if token is not None and api_tokens.needs_last_used_update(token):
        _save_last_use(token.id)
        token = api_tokens.find_token(secret.strip())
    return token


def _save_last_use(token_id: int) -> None:
    """Save the time of use in its own transaction, since a GET request's may not write."""
    start_write_transaction()
    token = db.session.get(ApiToken, token_id)
    if token is not None:
        token.last_used_at = clock.now()
        errors.ignore_if_unavailable(db.session.flush)
    if request.method in request_transactions.SAFE_METHODS:
        set_read_only()


def _is_rate_limited(token: ApiToken) -> bool:
    """Whether the token has made more than its requests in this minute."""
    return personal_limits.count_in_this_minute(f"api:{token.id}") > MAX_REQUESTS_PER_MINUTE
