"""JSON responses: rows serialized by their schemas."""

from collections.abc import Iterable
from typing import Any

from flask import Response, jsonify

from helpdesk.domain.representations import Representation
from helpdesk.web.api.selection import EVERYTHING, Selection


def render_one(
    schema: type[Representation],
    row: object,
    status: int = 200,
    location: str = "",
    selection: Selection = EVERYTHING,
) -> Response:
    """What is selected of ``row``, by ``schema``; ``location`` is the URL of a created resource."""
    response = _without_caching(selection.dump(schema, row), status)
    if location:
        response.headers["Location"] = location
    return response


def render_page(
    schema: type[Representation],
    rows: Iterable[object],
    next_cursor: str | None,
    selection: Selection = EVERYTHING,
) -> Response:
    """A page of a list: its rows, and the value of ``after`` for the next page (null on the last)."""
    data = [selection.dump(schema, row) for row in rows]
    return _without_caching({"data": data, "next": next_cursor}, 200)


def _without_caching(value: dict[str, Any], status: int) -> Response:
    response = jsonify(value)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
