"""How the API says that something did not work: application/problem+json (RFC 9457)."""

import json
from http import HTTPStatus

from flask import Response


def answer(
    status: int, detail: str | None = None, *, errors: dict | None = None, headers: dict | None = None
) -> Response:
    """The problem with this HTTP ``status``; ``detail`` is a sentence, ``errors`` one for each field it is about."""
    body: dict[str, object] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if detail:
        body["detail"] = detail
    if errors:
        body["errors"] = errors
    response = Response(json.dumps(body, ensure_ascii=False), status, mimetype="application/problem+json")
    for name, value in (headers or {}).items():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    response.headers["Cache-Control"] = "no-store"
    return response
