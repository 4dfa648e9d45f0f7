"""What programs send, read strictly: only known properties, each of its type, each mistake named."""

import re

from flask import Response, jsonify, request
from werkzeug.exceptions import BadRequest

from helpdesk.domain.errors import ValidationError

LIMIT = 25
MOST = 100


def body(known: dict[str, str], required: tuple[str, ...] = ()) -> dict:
    """The JSON object of the request. ``known`` maps each property to "text", "text or null" or "object". Raises Invalid."""
    try:
        given = request.get_json(force=False)
    except BadRequest:
        raise ValidationError("Send a JSON object as application/json.") from None
    except Exception as error:
        if getattr(error, "code", None) == 415:
            raise ValidationError("Send a JSON object as application/json.") from None
        raise
    if not isinstance(given, dict):
        raise ValidationError("Send a JSON object.")
    errors = {name[:80]: "There is no such property." for name in given if name not in known}
    errors |= {name: "This is required." for name in required if name not in given}
    for name, kind in known.items():
        if name in given and not _fits(given[name], kind):
            errors[name] = f"This must be {'a ' + kind if not kind.startswith('o') else 'an ' + kind}."
    if errors:
        raise ValidationError("The request does not fit the description at /api/openapi.json.", errors=errors)
    return given


def arguments(known: tuple[str, ...]) -> dict[str, str]:
    """The query's arguments by name. Raises Invalid for one that is not ``known`` or comes twice."""
    errors = {name[:80]: "There is no such parameter." for name in request.args if name not in known}
    errors |= {name: "Give this once." for name in known if len(request.args.getlist(name)) > 1}
    if errors:
        raise ValidationError("The request does not fit the description at /api/openapi.json.", errors=errors)
    return {name: request.args[name] for name in known if name in request.args}


def fits(given: dict[str, str], patterns: dict[str, str]) -> None:
    """Raises Invalid with each argument that is not wholly as its pattern says."""
    errors = {
        name: "There is no such value."
        for name, pattern in patterns.items()
        if name in given and not re.fullmatch(pattern, given[name])
    }
    errors |= {name: "This text cannot be used." for name, value in given.items() if not _is_writable(value)}
    if errors:
        raise ValidationError("The request does not fit the description at /api/openapi.json.", errors=errors)


def paging_arguments() -> dict[str, str]:
    """``after`` and ``limit``, where they are given. Raises Invalid."""
    given = arguments(("after", "limit"))
    fits(given, {"after": r"[A-Za-z0-9_-]{0,1000}"})
    return given


def limit(text: str | None) -> int:
    """How many of a list: 1 to 100. Raises Invalid."""
    if text is None:
        return LIMIT
    if not (text.isascii() and text.isdecimal() and len(text) < 4 and 1 <= int(text) <= MOST):
        raise ValidationError(
            "The limit is a whole number.", errors={"limit": f"This is a whole number from 1 to {MOST}."}
        )
    return int(text)


def answer(value: dict, status: int = 200, location: str = "") -> Response:
    """``value`` as JSON that nobody keeps."""
    response = jsonify(value)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    if location:
        response.headers["Location"] = location
    return response


def _fits(value: object, kind: str) -> bool:
    if kind == "object":
        return isinstance(value, dict)
    if value is None:
        return kind == "text or null"
    return isinstance(value, str) and _is_writable(value)


def _is_writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text
