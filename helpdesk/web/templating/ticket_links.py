"""Link the tickets that messages and events name by number ("#42"), for the team."""

import re

from markupsafe import Markup, escape

_TAG = re.compile(r"(<[^>]*>)")
_SKIPPED = re.compile(r"<(/?)(?:code|pre|a)\b")
_NUMBER = re.compile(r"(?<![\w&/#])#([1-9]\d{0,17})(?![\w-])")


def link_ticket(sentence: str, number: int) -> Markup:
    """A sentence that names the ticket ``number``, as HTML with a link to it."""
    name = f"#{number}"
    return Markup(str(escape(sentence)).replace(name, f'<a href="/tickets/{number}">{name}</a>', 1))


def link_ticket_numbers(html: str) -> Markup:
    """Put a link in place of each "#42", but not in code and links. ``html`` is sanitized."""
    if "#" not in html:
        return Markup(html)
    parts, depth = [], 0
    for part in _TAG.split(html):
        if tag := _SKIPPED.match(part):
            depth += -1 if tag[1] else 1
        elif not depth and not part.startswith("<"):
            part = _NUMBER.sub(r'<a href="/tickets/\1">#\1</a>', part)
        parts.append(part)
    return Markup("".join(parts))
