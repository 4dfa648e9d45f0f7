"""The tree of a message's text. Every format is read into it and written from it.

Inline text is not nested: it is a sequence of spans, each with its text, its styles and its link. A line break is a
"\\n" in a span's text.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

BOLD, ITALIC, STRIKE, CODE = 1, 2, 4, 8  # bits of Span.style

MAX_DEPTH = 12  # of quotes and lists inside each other; what is deeper is kept at this depth


class Span(NamedTuple):
    """Text of one style. ``url``: the address it links to, "" for none; ``bare``: the text is that address.

    A named tuple, because a long text has tens of thousands and they are made faster than objects of a data class.
    """

    text: str
    style: int = 0
    url: str = ""
    bare: bool = False

    def with_text(self, text: str) -> "Span":
        """Return ``text`` with the style and link of this."""
        return self if text == self.text else Span(text, self.style, self.url, self.bare)

    def with_style(self, style: int) -> "Span":
        """Return the text and link of this with ``style``."""
        return self if style == self.style else Span(self.text, style, self.url, self.bare)


@dataclass(frozen=True, slots=True)
class Paragraph:
    spans: list[Span]


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    spans: list[Span]


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Text shown unchanged; ``info`` names its language."""

    text: str
    info: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    blocks: "list[Block]"


@dataclass(frozen=True, slots=True)
class ListBlock:
    """A list; ``start`` is the number of the first item, None for bullets. A tight list has no empty lines inside."""

    items: "list[list[Block]]"
    start: int | None = None
    tight: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; the first row is the head. ``alignments``: "left", "center", "right" or "" for each column."""

    rows: list[list[list[Span]]]
    alignments: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Rule:
    pass


Block: TypeAlias = Paragraph | Heading | CodeBlock | Quote | ListBlock | Table | Rule


def goes_on_with_other_number(previous: Block | None, block: Block) -> bool:
    """Whether ``block`` is a list whose numbers do not follow those of the list before it: "1. 2." and "5."."""
    if not isinstance(previous, ListBlock) or not isinstance(block, ListBlock):
        return False
    if previous.start is None or block.start is None or previous.tight != block.tight:
        return False
    is_counted_on = len(previous.items) == 1 and block.start == previous.start  # "1. 1." is read as "1. 2."
    return block.start != previous.start + len(previous.items) and not is_counted_on


def join_spans(spans: Iterable[Span]) -> list[Span]:
    """Join neighbours of the same style and link, and drop empty ones that are no link."""
    joined: list[Span] = []
    texts: list[str] = []  # of the last one
    for span in spans:
        if not span.text and not span.url:
            continue
        last = joined[-1] if joined else None
        if last and (last.style, last.url, last.bare) == (span.style, span.url, span.bare) and not span.bare:
            texts.append(span.text)
            continue
        if last and len(texts) > 1:
            joined[-1] = last.with_text("".join(texts))
        joined.append(span)
        texts = [span.text]
    if len(texts) > 1:
        joined[-1] = joined[-1].with_text("".join(texts))
    return joined


def plain_text(spans: Iterable[Span]) -> str:
    """Return the text of ``spans`` without styles and addresses; a link without text shows its address."""
    return "".join(span.text or span.url for span in spans)


def split_lines(spans: Iterable[Span]) -> list[list[Span]]:
    """Divide ``spans`` at their line breaks."""
    lines: list[list[Span]] = [[]]
    for span in spans:
        if "\n" not in span.text:
            lines[-1].append(span)
            continue
        for number, text in enumerate(span.text.split("\n")):
            if number:
                lines.append([])
            if text:
                lines[-1].append(span.with_text(text))
    return lines


def trim_line(spans: list[Span]) -> list[Span]:
    """Remove space at both ends of a line but for no-break and ideographic spaces that indent it."""
    text = plain_text(spans)
    indent = text[: len(text) - len(text.lstrip("\u00a0\u3000"))]
    return [Span(indent), *trim_spans(spans)] if indent else trim_spans(spans)


def trim_spans(spans: list[Span]) -> list[Span]:
    """Remove space and line breaks at both ends."""
    found = list(spans)
    while found and not found[0].url and not found[0].text.strip():
        found.pop(0)
    while found and not found[-1].url and not found[-1].text.strip():
        found.pop()
    if found and found[0].text[:1].isspace():
        found[0] = found[0].with_text(found[0].text.lstrip())
    if found and found[-1].text[-1:].isspace():
        found[-1] = found[-1].with_text(found[-1].text.rstrip())
    return found
