"""Read quotes and lists that stand as signs in lines of text, as they do inside a quote or an item of Slack's. Pure.

``rich_text.py`` writes them so, because Slack's quotes and items hold only inline text, and people type them so.
"""

import re
from collections.abc import Sequence

from helpdesk.markup import document
from helpdesk.markup.document import Block, Span

Lines = Sequence[list[Span]]

_SIGN = re.compile(r">(?: |$)|• |(\d{1,9})\. ")


def read_flat(spans: Sequence[Span], depth: int = 1) -> list[Block]:
    """Return the blocks of ``spans``, which may have several lines. ``depth``: of the quote or item they stand in."""
    lines = document.split_lines(spans)
    if depth >= document.MAX_DEPTH or not any(_find_sign(line) for line in lines):
        return _paragraph(lines)
    found: list[Block] = []
    begin = 0
    while begin < len(lines):
        sign = _find_sign(lines[begin])
        end = begin + 1
        if not sign:
            while end < len(lines) and not _find_sign(lines[end]):
                end += 1
            found += _paragraph(lines[begin:end])
        elif sign[0].startswith(">"):
            while end < len(lines) and (following := _find_sign(lines[end])) and following[0].startswith(">"):
                end += 1
            found.append(document.Quote(read_flat(_join([_cut(line, 2) for line in lines[begin:end]]), depth + 1)))
        else:
            end = _add_item(found, sign, lines, begin, depth)
        begin = end
    return found


def _add_item(found: list[Block], sign: re.Match[str], lines: Lines, begin: int, depth: int) -> int:
    """Add an item to the list that ``found`` ends with, or to a new one; return the line behind it."""
    width = len(sign[0])
    end = begin + 1
    while end < len(lines) and _first_text(lines[end]).startswith(" " * width):
        end += 1
    item = read_flat(_join([_cut(line, width) for line in lines[begin:end]]), depth + 1)
    number = int(sign[1]) if sign[1] else None
    last = found[-1] if found else None
    is_next = isinstance(last, document.ListBlock) and (
        last.start is None if number is None else last.start is not None and number == last.start + len(last.items)
    )
    if is_next and isinstance(last, document.ListBlock):
        last.items.append(item)
    else:
        found.append(document.ListBlock([item], number))
    return end


def _find_sign(line: Sequence[Span]) -> re.Match[str] | None:
    first = line[0] if line else None
    return _SIGN.match(first.text) if first and not first.url and not first.style & document.CODE else None


def _first_text(line: Sequence[Span]) -> str:
    return line[0].text if line else ""


def _cut(line: Sequence[Span], count: int) -> list[Span]:
    return [line[0].with_text(line[0].text[count:]), *line[1:]] if line else []


def _join(lines: Lines) -> list[Span]:
    return [span for number, line in enumerate(lines) for span in ([Span("\n")] if number else []) + line]


def _paragraph(lines: Lines) -> list[Block]:
    spans = _join(lines)
    return [document.Paragraph(spans)] if document.plain_text(spans).strip() else []
