"""Lay out a table as lines of equally wide characters."""

from collections.abc import Callable, Sequence

from helpdesk.markup import document
from helpdesk.markup.document import Span

MAX_WIDTH = 40  # characters; longer cells stand out, and their column is as wide as its other cells


def table_lines(rows: Sequence[Sequence[Sequence[Span]]], cell_text: Callable[[Sequence[Span]], str]) -> list[str]:
    """Return a line for each row, its cells padded to their column's width. Padding is bounded, so that one long cell
    does not lengthen every row.
    """
    texts = [[cell_text(cell).replace("\n", " ").strip() for cell in row] for row in rows]
    columns = max((len(row) for row in texts), default=0)
    lengths = [[len(row[n]) for row in texts if n < len(row) and len(row[n]) <= MAX_WIDTH] for n in range(columns)]
    widths = [max(column, default=0) for column in lengths]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in texts]


def plain_cell(cell: Sequence[Span]) -> str:
    """Return the text of a cell with the addresses of its links behind them, and ``~~`` around what is struck out."""
    if len(cell) == 1 and not cell[0].style and not cell[0].url:
        return cell[0].text
    return "".join(_plain_span(span) for span in document.join_spans(cell))


def _plain_span(span: Span) -> str:
    text = f"~~{span.text}~~" if span.style & document.STRIKE and span.text.strip() else span.text
    if not span.url or span.bare or shows_address(span.text, span.url):
        return text or span.url
    return f"{text} ({span.url})" if text else span.url


def shows_address(text: str, url: str) -> bool:
    """Whether a link's ``text`` is its address."""
    return text in {url, url.removeprefix("mailto:")} or text.rstrip("/") == url.rstrip("/")
