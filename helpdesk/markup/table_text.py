"""Lay out a table as lines of equally wide characters."""

from collections.abc import Callable, Sequence
from itertools import groupby

from helpdesk.markup import document, text_width
from helpdesk.markup.document import Span

MAX_WIDTH = 40  # columns; longer cells stand out, and their column is as wide as its other cells


def table_lines(rows: Sequence[Sequence[Sequence[Span]]], cell_text: Callable[[Sequence[Span]], str]) -> list[str]:
    """Return a line for each row, its cells padded to their column's width. Padding is bounded, so that one long cell
    does not lengthen every row.
    """
    texts = [[cell_text(cell).replace("\n", " ").strip() for cell in row] for row in rows]
    columns = max((len(row) for row in texts), default=0)
    measured = [[text_width.measure_width(text) for text in row] for row in texts]
    widths = [
        max((row[n] for row in measured if n < len(row) and row[n] <= MAX_WIDTH), default=0) for n in range(columns)
    ]
    return [
        "  ".join([text + " " * (widths[n] - taken[n]) for n, text in enumerate(row)]).rstrip()
        for row, taken in zip(texts, measured, strict=True)
    ]


def plain_cell(cell: Sequence[Span]) -> str:
    """Return the text of a cell with the addresses of its links behind them, and ``~~`` around what is struck out."""
    if len(cell) == 1 and not cell[0].style and not cell[0].url:
        return cell[0].text
    parts: list[str] = []
    for url, group in groupby(document.join_spans(cell), key=lambda span: "" if span.bare else span.url):
        spans = list(group)
        label, text = document.plain_text(spans), "".join(map(_plain_span, spans))
        parts.append(text if not url or shows_address(label, url) else f"{text} ({url})")
    return "".join(parts)


def _plain_span(span: Span) -> str:
    text = span.text or span.url
    return f"~~{text}~~" if span.style & document.STRIKE and text.strip() else text


def shows_address(text: str, url: str) -> bool:
    """Whether a link's ``text`` is its address."""
    return text in {url, url.removeprefix("mailto:")} or text.rstrip("/") == url.rstrip("/")
