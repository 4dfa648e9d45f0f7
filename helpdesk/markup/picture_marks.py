"""The words that stand in a text where one of its files is shown as a picture, and the pictures in their place.

In the Markdown of a message a picture is written as ``![shot.png](attachment:shot.png)``, by the name of a file that
goes with the message. Every channel shows the mark "(picture: shot.png)" there, and the file as it shows files; a page
and the HTML of a mail can show the picture itself. Mails that come in have the same marks.
"""

import re
from collections.abc import Mapping
from html import escape
from urllib.parse import quote, unquote

from markupsafe import Markup

SCHEME = "attachment:"
_PIECES = re.compile(r"(<[^>]*>)")
_CLOSED_TAG = re.compile(r"<(/?)(?:code|pre|a)\b")


def write_mark(name: str) -> str:
    """Return the words that stand where the picture ``name`` is shown."""
    return f"(picture: {name})"


def write_markdown(name: str) -> str:
    """Return the Markdown that shows the file ``name`` as a picture."""
    return f"![{name}]({SCHEME}{quote(name, safe='')})"


def read_address(address: str) -> str | None:
    """Return the name of the file that the address of a picture refers to; None if it refers to no file."""
    name = unquote(address[len(SCHEME) :]) if address.startswith(SCHEME) else ""
    return " ".join(name.split()) or None


def show_pictures(html: str, pictures: Mapping[str, str]) -> Markup:
    """Replace the first mark of each file in ``pictures`` by its HTML there; not in code and links.

    ``html`` is sanitized.
    """
    for name, picture in pictures.items():
        mark = escape(write_mark(name), quote=False).replace("\u00a0", "&nbsp;")
        if mark in html:
            html = _replace_first(html, mark, picture)
    return Markup(html)


def find_placed(html: str, names: list[str]) -> set[str]:
    """Return those of ``names`` that ``show_pictures`` finds a place for."""
    shown = show_pictures(html, {name: f"<img data-place={at}>" for at, name in enumerate(names)})
    return {name for at, name in enumerate(names) if f"<img data-place={at}>" in shown}


def _replace_first(html: str, mark: str, picture: str) -> str:
    pieces, depth = _PIECES.split(html), 0
    for at, piece in enumerate(pieces):
        if tag := _CLOSED_TAG.match(piece):
            depth += -1 if tag[1] else 1
        elif not depth and not piece.startswith("<") and mark in piece:
            pieces[at] = piece.replace(mark, picture, 1)
            break
    return "".join(pieces)
