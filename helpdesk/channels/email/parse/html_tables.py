"""Tables of data in HTML. Most tables of mails only place things on a page; their text is read in its order."""

import re
from collections.abc import Sequence

from helpdesk.channels.email.parse import html_inline
from helpdesk.channels.email.parse.html_tokens import HtmlToken
from helpdesk.markup import document
from helpdesk.markup.document import Span, Table

MAX_COLUMNS = 20
MAX_CELL_LENGTH = 500  # characters; a longer text is no cell but a part of a page

_FRAME = re.compile(r"border[a-z-]*\s*:[^;]{0,80}\b(?:solid|dashed|dotted|double)\b", re.IGNORECASE)
_LINES = {"br", "p", "div"}
# What a table of data does not have inside.
_LAYOUT = {"table", "pre", "ul", "ol", "blockquote", "hr", "form", *(f"h{level}" for level in range(1, 7))}


def read_table(tokens: Sequence[HtmlToken], begin: int) -> tuple[int, Table] | None:
    """Return the place after the table that begins at ``begin``, and the table; None where it is none of data: with
    lines around its cells or named columns, the same number of cells in each row, and nothing but lines in them.
    """
    has_frame = _has_frame(tokens[begin].attributes)
    if tokens[begin].attributes.get("role", "").lower() == "presentation":
        return None
    rows: list[list[_Cell]] = []
    cell: _Cell | None = None
    for at in range(begin + 1, len(tokens)):
        kind, name, attributes = tokens[at].kind, tokens[at].value, tokens[at].attributes
        if kind == "end" and name == "table":
            table = _make_table(rows) if has_frame else None
            return (at + 1, table) if table else None
        if kind == "start" and name in _LAYOUT:
            return None
        if kind == "start" and name == "tr":
            rows.append([])
            cell = None
        elif kind == "start" and name in {"td", "th"}:
            if not rows or len(rows[-1]) == MAX_COLUMNS or {"colspan", "rowspan"} & set(_spans(attributes)):
                return None
            has_frame = has_frame or name == "th" or _has_frame(attributes)
            cell = _Cell()
            rows[-1].append(cell)
        elif kind == "end" and name in {"td", "th", "tr"}:
            cell = None
        elif cell is not None:
            cell.add(tokens[at])
            if cell.length > MAX_CELL_LENGTH:
                return None
        elif kind == "text" and name.strip():
            return None
    return None


class _Cell:
    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.length = 0
        self._tags = html_inline.OpenTags()
        self._link_begin = 0

    def add(self, token: HtmlToken) -> None:
        if token.kind == "text":
            self.length += len(token.value)
            self.spans.append(self._tags.make_span(re.sub(r"\s+", " ", token.value)))
        elif token.value in _LINES:
            self.spans.append(Span(" "))
        elif token.kind == "start" and token.value == "img":
            self.spans.append(Span(" ".join(token.attributes.get("alt", "").split())[:300]))
        elif token.kind == "start":
            self._link_begin = len(self.spans) if token.value == "a" else self._link_begin
            self._tags.start(token.value, token.attributes)
        else:
            url = self._tags.end(token.value)
            if token.value == "a":
                label = document.plain_text(self.spans[self._link_begin :])
                if shown := html_inline.address_to_show(url, label):
                    self.spans.append(Span(f" ({shown})"))

    def read(self) -> list[Span]:
        spans = html_inline.collapse_spaces(html_inline.join_links(self.spans))
        return document.join_spans(document.trim_spans(spans))


def _make_table(rows: list[list[_Cell]]) -> Table | None:
    read = [cells for row in rows if (cells := [cell.read() for cell in row]) and any(cells)]
    is_regular = len(read) >= 2 and len({len(row) for row in read}) == 1 and len(read[0]) >= 2
    return Table(read, [""] * len(read[0])) if is_regular else None


def _has_frame(attributes: dict[str, str]) -> bool:
    border = attributes.get("border", "0").strip()
    return border not in {"", "0", "0px"} or bool(_FRAME.search(attributes.get("style", "")))


def _spans(attributes: dict[str, str]) -> list[str]:
    return [name for name in ("colspan", "rowspan") if attributes.get(name, "1").strip() not in {"", "0", "1"}]
