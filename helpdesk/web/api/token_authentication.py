"""Authentication in the API: a bearer token, its scopes and its rate limit."""

import functools
import hashlib
import json
import logging
import re
import time
from collections.abc import Callable
from typing import Any

from flask import g, make_response, request

from helpdesk import clock, key_derivation
from helpdesk.database import errors
from helpdesk.database.transactions import set_read_only, start_write_transaction
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.integrations import api_tokens, idempotency_keys
from helpdesk.extensions import db
from helpdesk.models.api_token import ApiToken
from helpdesk.models.user import User
from helpdesk.web.api import problem_details
from helpdesk.web.middleware import authentication, authorization, personal_limits, request_transactions

MAX_REQUESTS_PER_MINUTE = 600
IDEMPOTENCY_KEY_PATTERN = re.compile("[A-Za-z0-9_-]{1,200}")
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
            headers = _count_request(token)
            if "Retry-After" in headers:
                sentence = f"A token may ask {MAX_REQUESTS_PER_MINUTE} times a minute."
                return problem_details.render_problem(429, sentence, headers=headers)
            g.api_token = token
            try:
                response = make_response(view(*args, **values))
            except ValidationError as error:
                db.session.rollback()
                response = problem_details.render_problem(422, error.message, errors=error.errors)
            response.headers.update(headers)
            return response

        return authorization.machine_only("an API token")(guarded)

    return decorate


def get_token_user() -> User:
    """The user the token acts as."""
    return g.api_token.user


def create_once(create: Callable[[], int]) -> int:
    """Call ``create`` unless a request with the same Idempotency-Key did. Returns the id of the row it created.

    Raises ValidationError where the key belongs to a request with another method, path or body.
    """
    key = request.headers.get("Idempotency-Key")
    if key is not None and not IDEMPOTENCY_KEY_PATTERN.fullmatch(key):
        raise ValidationError("A key has 1 to 200 characters: a-z, A-Z, 0-9, - and _.", "Idempotency-Key")
    key_hash = key_derivation.fingerprint(f"api idempotency {key}") if key else None
    return idempotency_keys.do_once(g.api_token.id, key_hash, _hash_request() if key else "", create)


def _hash_request() -> str:
    """A hash of method, path and body; of an uploaded file its name and bytes, since boundaries are random."""
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode())
    if request.is_json:
        digest.update(json.dumps(request.get_json(silent=True), sort_keys=True).encode())
    for name, file in sorted(request.files.items()):
        digest.update(f"{name} {file.filename!r} ".encode("utf-8", "surrogatepass"))
        while chunk := file.stream.read(1 << 18):
            digest.update(chunk)
        file.stream.seek(0)
    return digest.hexdigest()


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


def _count_request(token: ApiToken) -> dict[str, str]:
    """Count the request. Returns the headers that say how many are left, with Retry-After if none was.

    Names: draft-ietf-httpapi-ratelimit-headers-07.
    """
    left = MAX_REQUESTS_PER_MINUTE - personal_limits.count_in_this_minute(f"api:{token.id}")
    reset = str(60 - int(time.time() % 60))
    headers = {
        "RateLimit-Limit": str(MAX_REQUESTS_PER_MINUTE),
        "RateLimit-Remaining": str(max(0, left)),
        "RateLimit-Reset": reset,
    }
    return headers if left >= 0 else headers | {"Retry-After": reset}
