"""Error responses of the API: application/problem+json (RFC 9457)."""

from http import HTTPStatus
from typing import Any

from flask import Response

from helpdesk.web.api.schemas import Problem


def render_problem(
    status: int,
    detail: str | None = None,
    *,
    errors: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """The problem with this HTTP ``status``; ``detail`` is a sentence, ``errors`` has one for each invalid field."""
    title = HTTPStatus(status).phrase
    problem = Problem(type="about:blank", title=title, status=status, detail=detail or None, errors=errors or None)
    response = Response(problem.model_dump_json(exclude_none=True), status, mimetype="application/problem+json")
    for name, value in (headers or {}).items():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    response.headers["Cache-Control"] = "no-store"
    return response
