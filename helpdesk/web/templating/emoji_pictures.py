"""How emoji are written in HTML: a workspace's own as pictures, those that every page offers as references."""

import re
from urllib.parse import quote

from markupsafe import Markup, escape

from helpdesk.domain.integrations import custom_emoji

_TAG = re.compile(r"(<[^>]*>)")
_CODE_TAG = re.compile(r"<(/?)(?:code|pre)\b")


def show_custom_emoji(html: str) -> Markup:
    """Replace the names of emoji that have a picture, ``:name:``, by it; not in code. ``html`` is sanitized."""
    known = custom_emoji.names_with_picture() if html.count(":") > 1 else frozenset()
    if not known:
        return Markup(html)
    parts, depth = [], 0
    for part in _TAG.split(html):
        if tag := _CODE_TAG.match(part):
            depth += -1 if tag[1] else 1
        elif not depth and not part.startswith("<"):
            part = custom_emoji.replace_names(part, lambda name: _picture(name) if name in known else f":{name}:")
        parts.append(part)
    return Markup("".join(parts))


def write_character_references(text: str) -> Markup:
    """Return ``text`` in ASCII for HTML: one emoji makes Python store the whole page in four bytes a character."""
    return Markup(escape(text).encode("ascii", "xmlcharrefreplace").decode())


def _picture(name: str) -> str:
    shown = escape(f":{name}:")
    address = f"/emoji/{quote(name, safe='')}"
    return f'<img class="emoji" src="{address}" alt="{shown}" title="{shown}" width="20" height="20" loading="lazy">'
