"""Answers to SCIM 2.0 requests, by the library that knows the protocol."""

import json
from http import HTTPStatus

from flask import Response, request
from scim2_models import SCIMException, UniquenessException
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from sqlalchemy.exc import IntegrityError

from helpdesk import urls
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.provisioning import deviations, tokens
from helpdesk.domain.provisioning.service import SERVICE
from helpdesk.domain.provisioning.storage import ConnectionStorage
from helpdesk.extensions import db
from helpdesk.web.middleware import request_transactions


def answer_request(path: str) -> Response:
    """Answer a request of the connection whose token it has; 401 for every other."""
    given = request.authorization
    secret = (given.token or "").strip() if given is not None and given.type == "bearer" else ""
    connection = tokens.find_connection(secret)
    if connection is None:
        return to_response(_error(HTTPStatus.UNAUTHORIZED, "Send a valid SCIM token.", {"WWW-Authenticate": "Bearer"}))
    body = request.get_data(cache=False)
    asked = ScimRequest(
        method=request.method,
        base_url=urls.absolute_url("/scim/v2"),
        path="/" + path,
        query={name: value for name, value in request.args.items() if value},
        headers=list(request.headers.items()),
        body=deviations.normalize_patch(body) if request.method == "PATCH" else body,
    )
    try:
        answer = ScimHandler(SERVICE, ConnectionStorage(connection)).handle(asked)
    except SCIMException as error:
        return _refuse(SERVICE.error_response(error))
    except IntegrityError:  # of two requests at the same time
        return _refuse(SERVICE.error_response(UniquenessException()))
    except (ConflictError, ValidationError) as error:
        return _refuse(_error(HTTPStatus.CONFLICT, error.message))
    except RecursionError:
        return _refuse(_error(HTTPStatus.BAD_REQUEST, "The JSON is nested too deeply."))
    if request.method not in request_transactions.SAFE_METHODS:
        tokens.record_use(secret)
        db.session.commit()
    return to_response(answer)


def to_response(answer: ScimResponse) -> Response:
    """The answer as Flask sends it; nothing of it is kept by a cache."""
    body = json.dumps(answer.body) if answer.body is not None else ""
    response = Response(body, int(answer.status), answer.headers)
    response.headers["Cache-Control"] = "no-store"
    return response


def _refuse(answer: ScimResponse) -> Response:
    db.session.rollback()
    return to_response(answer)


def _error(status: HTTPStatus, detail: str, headers: dict[str, str] | None = None) -> ScimResponse:
    """An error as RFC 7644, section 3.12, has it."""
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": str(int(status)), "detail": detail}
    return ScimResponse(status, body, headers or {})
