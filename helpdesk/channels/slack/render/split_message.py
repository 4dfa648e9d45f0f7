"""Divide a long document into parts that fit, losing nothing: between blocks if possible, else lines, else words. Pure.

A divided list goes on with its numbers, a divided table with its head, a divided block of code in a block of code.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from helpdesk.markup import document, markdown_reader, markdown_writer, table_text
from helpdesk.markup.document import Block, Span

Item = TypeVar("Item")

log = logging.getLogger(__name__)

SPAN_COST = 10  # what a change of style adds to a message beside its text
BLOCK_COST = 12
MIN_LIMIT = 120  # characters; deep nesting leaves less for each level, and never too little to divide at all


def split_markdown(markdown: str, limit: int) -> list[str]:
    """Split ``markdown`` into parts of about ``limit`` characters as shown, in order; [] for nothing but space. A text
    that fits is returned as it is.
    """
    if not markdown.strip():
        return []
    if len(markdown) <= limit // 2 and "|" not in markdown:
        return [markdown.strip("\n")]
    try:
        parts = divide(markdown_reader.read_markdown(markdown), limit)
        if len(parts) <= 1:
            return [markdown.strip("\n")]
        return [markdown_writer.write_markdown(part) for part in parts]
    except Exception as error:  # whatever a person wrote, their message is kept and sent
        log.warning("A message of %d characters is divided as plain text: %s.", len(markdown), type(error).__name__)
        return [piece for piece in _cut(markdown.strip(), limit) if piece.strip()]


def divide(blocks: Iterable[Block], limit: int) -> list[list[Block]]:
    """Divide ``blocks`` into parts whose length, as ``measure`` counts it, is at most ``limit``."""
    parts: list[list[Block]] = []
    size, limit = 0, max(limit, MIN_LIMIT)
    for block in blocks:
        for piece in _divide_block(block, limit):
            length = measure(piece)
            if not parts or size + length > limit:
                heading = _trailing_heading(parts)
                parts.append(heading)
                size = sum(measure(each) for each in heading)
            parts[-1].append(piece)
            size += length
    return parts


def measure(block: Block) -> int:
    """Return about how many characters ``block`` takes in a message, marks and addresses included."""
    match block:
        case document.Paragraph(spans) | document.Heading(_, spans):
            return BLOCK_COST + _measure_spans(spans)
        case document.CodeBlock(text, info):
            return 2 * BLOCK_COST + len(text) + len(info)
        case document.Quote(blocks):
            return BLOCK_COST + sum(measure(each) + 2 * _count_lines(each) for each in blocks)
        case document.ListBlock(items):
            return sum(BLOCK_COST + sum(measure(each) for each in item) for item in items)
        case document.Table(rows):
            return 2 * BLOCK_COST + sum(len(line) + 1 for line in table_text.table_lines(rows, table_text.plain_cell))
        case _:
            return BLOCK_COST


def _measure_spans(spans: Iterable[Span]) -> int:
    return sum(map(_measure_span, spans))


def _measure_span(span: Span) -> int:
    text, style, url, _ = span
    if url:
        return len(text) + len(url) + 4 + SPAN_COST
    return len(text) + SPAN_COST if style else len(text)


def _count_lines(block: Block) -> int:
    if isinstance(block, document.CodeBlock):
        return block.text.count("\n") + 1
    return 1 + sum(span.text.count("\n") for span in getattr(block, "spans", ()))


def _trailing_heading(parts: Sequence[list[Block]]) -> list[Block]:
    """Take a heading at the end of the last part away, so that it stands above what follows."""
    if parts and len(parts[-1]) > 1 and isinstance(parts[-1][-1], document.Heading):
        return [parts[-1].pop()]
    return []


def _divide_block(block: Block, limit: int) -> Iterator[Block]:
    if measure(block) <= limit:
        yield block
        return
    inner_limit = max(limit - 4 * BLOCK_COST, limit // 2)
    match block:
        case document.Paragraph(spans):
            for lines in _pack(_short_lines(spans, inner_limit), inner_limit, _measure_spans):
                yield document.Paragraph(_join_lines(lines))
        case document.Heading(level, spans):
            for lines in _pack(_short_lines(spans, inner_limit), inner_limit, _measure_spans):
                yield document.Heading(level, _join_lines(lines))
        case document.CodeBlock(text, info):
            for piece in _cut_lines(text, inner_limit):
                yield document.CodeBlock(piece, info[:40])
        case document.Quote(blocks):
            for part in divide(blocks, limit - BLOCK_COST - limit // 8):
                yield document.Quote(part)
        case document.ListBlock():
            yield from _divide_list(block, limit)
        case document.Table(rows, alignments):
            yield from _divide_table(rows, alignments, inner_limit)
        case _:
            yield block


def _divide_list(block: document.ListBlock, limit: int) -> Iterator[Block]:
    """Yield lists of whole items where they fit; an item that does not fit is continued without its sign."""
    number = block.start
    waiting: list[list[Block]] = []
    size = 0
    for item in block.items:
        length = BLOCK_COST + sum(measure(each) for each in item)
        if waiting and size + length > limit:
            yield document.ListBlock(waiting, number, block.tight)
            number = None if number is None else number + len(waiting)
            waiting, size = [], 0
        if length > limit:
            first, *rest = divide(item, limit - 2 * BLOCK_COST) or [[]]
            yield document.ListBlock([first], number, block.tight)
            number = None if number is None else number + 1
            for part in rest:
                yield from part
            continue
        waiting.append(item)
        size += length
    if waiting:
        yield document.ListBlock(waiting, number, block.tight)


def _divide_table(
    rows: Sequence[list[list[Span]]], alignments: list[str], inner_limit: int
) -> Iterator[document.Table | document.Paragraph]:
    """Yield tables with the same head; a table whose head does not fit becomes lines."""
    head, *body = rows
    width = _row_width(rows)
    if 2 * width > inner_limit:
        for row in rows:
            for lines in _pack(_short_lines(_row_spans(row), inner_limit), inner_limit, _measure_spans):
                yield document.Paragraph(_join_lines(lines))
        return
    for group in _pack(body, inner_limit - width, lambda _: width):
        yield document.Table([head, *group], alignments)


def _row_width(rows: Sequence[Sequence[Sequence[Span]]]) -> int:
    return max(len(line) + 1 for line in table_text.table_lines(rows, table_text.plain_cell))


def _row_spans(row: Sequence[Sequence[Span]]) -> list[Span]:
    found: list[Span] = []
    for cell in row:
        found += ([Span(" | ")] if found else []) + list(cell)
    return found


def _pack(items: Iterable[Item], limit: int, length: Callable[[Item], int]) -> Iterator[list[Item]]:
    """Group ``items`` in order so that the lengths of each group, and one for each line break, fit ``limit``."""
    group: list[Item] = []
    size = 0
    for item in items:
        cost = length(item) + 1
        if group and size + cost > limit:
            yield group
            group, size = [], 0
        group.append(item)
        size += cost
    if group:
        yield group


def _short_lines(spans: Sequence[Span], inner_limit: int) -> Iterator[list[Span]]:
    """Yield the lines of ``spans``, those that are longer than ``inner_limit`` in several pieces."""
    for line in document.split_lines(spans):
        if _measure_spans(line) <= inner_limit:
            yield line
            continue
        current: list[Span] = []
        size = 0
        for span in line:
            cost = _measure_span(span) - len(span.text)
            for text in _cut(span.text, max(inner_limit - cost, inner_limit // 2)) or [""]:
                length = len(text) + cost
                if current and size + length > inner_limit:
                    yield current
                    current, size = [], 0
                current.append(span.with_text(text))
                size += length
        if current:
            yield current


def _join_lines(lines: Iterable[Sequence[Span]]) -> list[Span]:
    found: list[Span] = []
    for line in lines:
        found += ([Span("\n")] if found else []) + list(line)
    return found


def _cut_lines(text: str, limit: int) -> list[str]:
    """Cut ``text`` between lines into pieces of at most ``limit`` characters, a longer line between its words."""
    pieces: list[str] = []
    begin = 0
    while len(text) - begin > limit:
        end = text.rfind("\n", begin + 1, begin + limit + 1)
        is_line_end = end > 0
        if not is_line_end:
            end = text.rfind(" ", begin + limit // 2, begin + limit) + 1 or begin + limit
        pieces.append(text[begin:end])
        begin = end + is_line_end
    return [*pieces, text[begin:]]


def _cut(line: str, limit: int) -> list[str]:
    """Cut ``line`` between words into pieces of at most ``limit`` characters, with every sign kept."""
    pieces: list[str] = []
    begin = 0
    while len(line) - begin > limit:
        end = line.rfind(" ", begin + limit // 2, begin + limit) + 1 or begin + limit
        pieces.append(line[begin:end])
        begin = end
    return [*pieces, line[begin:]]
