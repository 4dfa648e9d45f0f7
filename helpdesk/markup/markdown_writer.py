"""Write a document as Markdown that is read as the same document again."""

import re
from collections.abc import Iterable, Sequence

from helpdesk.markup import document, markdown_escaping
from helpdesk.markup.document import Block, Span
from helpdesk.markup.markdown_inline_writer import write_inline

_RULE_COLUMN = {"left": ":---", "right": "---:", "center": ":---:"}


def write_markdown(blocks: Iterable[Block]) -> str:
    """Return the Markdown of ``blocks``."""
    return "\n".join(_write_blocks(blocks))


def _write_blocks(blocks: Iterable[Block], tight: bool = False) -> list[str]:
    found: list[str] = []
    previous: Block | None = None
    mark = 0
    for block in blocks:
        goes_on = document.goes_on_with_other_number(previous, block)
        # Two lists in a row differ by their signs, or they would be read as one.
        mark = mark if goes_on else 1 - mark if _are_same_list(previous, block) else 0
        lines = _write_block(block, mark)
        if not lines:
            continue
        is_close = goes_on and isinstance(block, document.ListBlock) and block.tight
        if found and not is_close and not (tight and _needs_no_gap(previous, block)):
            found.append("")
        found += lines
        previous = block
    return found


def _write_block(block: Block, mark: int) -> list[str]:
    match block:
        case document.Paragraph(spans):
            return write_paragraph(spans)
        case document.Heading(level, spans):
            text = " ".join(write_inline(spans).split("\n"))
            return ["#" * level + " " + re.sub(r"(#+)$", r"\\\1", text)] if text.strip() else []
        case document.CodeBlock(text, info):
            return _write_code(text, info)
        case document.Quote(blocks):
            return [f"> {line}".rstrip() for line in _write_blocks(blocks)]
        case document.ListBlock(items, start, tight):
            return _write_list(items, start, tight, mark)
        case document.Table(rows, alignments):
            return _write_table(rows, alignments)
        case _:
            return ["---"]


def write_paragraph(spans: Sequence[Span]) -> list[str]:
    """Return the lines of ``spans``; an empty line in them ends a paragraph."""
    if len(spans) == 1 and not spans[0].style and not spans[0].url:
        return _write_plain(spans[0].text)
    found: list[str] = []
    group: list[Span] = []
    for line in [*document.split_lines(spans), []]:
        if document.plain_text(line).strip():
            group += ([Span("\n", group[-1].style & _first_style(line))] if group else []) + document.trim_line(line)
        elif group:
            text = write_inline(group)
            found += ([""] if found else []) + [markdown_escaping.escape_line_start(one) for one in text.split("\n")]
            group = []
    return found


def _write_plain(text: str) -> list[str]:
    text = re.sub(r"\n{3,}", "\n\n", "\n".join([line.strip(" \t").rstrip() for line in text.split("\n")])).strip("\n")
    if not text:
        return []
    lines = write_inline([Span(text)]).split("\n")
    return [markdown_escaping.escape_line_start(line) for line in lines]


def _first_style(line: Sequence[Span]) -> int:
    return line[0].style & ~document.CODE


def _write_code(text: str, info: str) -> list[str]:
    ticks = "`" * max(3, max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    info = "".join(info.split("`")).strip()
    return [ticks + info.split("\n")[0], *(text.split("\n") if text else []), ticks]


def _write_list(items: Sequence[Sequence[Block]], start: int | None, tight: bool, mark: int) -> list[str]:
    found: list[str] = []
    for number, item in enumerate(items, start or 0):
        sign = "-*"[mark] if start is None else f"{number}{'.)'[mark]}"
        space = " " * (len(sign) + 1)
        lines = _write_blocks(item, tight) or [""]
        if found and not tight:
            found.append("")
        found.append(f"{sign} {lines[0]}".rstrip())
        found += [(space + line).rstrip() for line in lines[1:]]
    return found


def _write_table(rows: Sequence[Sequence[Sequence[Span]]], alignments: Sequence[str]) -> list[str]:
    if not rows or not rows[0]:
        return []
    rule = [_RULE_COLUMN.get(alignments[n] if n < len(alignments) else "", "---") for n in range(len(rows[0]))]
    head, *body = (_write_row([_write_cell(cell) for cell in row]) for row in rows)
    return [head, _write_row(rule), *body]


def _write_row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _write_cell(cell: Sequence[Span]) -> str:
    return re.sub(r"\|", r"\\|", " ".join(write_inline(cell).split("\n")))


def _are_same_list(previous: Block | None, block: Block) -> bool:
    if not isinstance(previous, document.ListBlock) or not isinstance(block, document.ListBlock):
        return False
    return (previous.start is None) == (block.start is None)


def _needs_no_gap(previous: Block | None, block: Block) -> bool:
    """Whether ``block`` may follow on the next line and is still read as a block of its own."""
    if isinstance(block, document.ListBlock):
        return block.start in {None, 1} and bool(block.items and block.items[0])
    return isinstance(block, document.CodeBlock) and not isinstance(previous, document.Quote)
