"""Render the pages that are asked for most."""

from itertools import islice
from typing import Any

from flask import current_app

PIECES = 8  # texts of a template that are joined before they are encoded


def render_page(template: str, **context: Any) -> bytes:
    """Render ``template`` as ``flask.render_template`` does, but encoded.

    It is encoded in parts, most of which are ASCII and need no conversion. In one text a single other character, in a
    name or an emoji, makes Python widen and convert the whole page.
    """
    current_app.update_template_context(context)
    pieces = current_app.jinja_env.get_template(template).generate(context)
    parts = []
    while part := list(islice(pieces, PIECES)):
        parts.append("".join(part).encode())
    return b"".join(parts)
