"""Write a document as elements of Slack's rich_text block, a format in which text cannot notify anybody or hide a link.
Pure.

Text stays in plain ``text`` elements, which Slack shows unchanged; nothing here makes a user, channel or broadcast
element.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

from helpdesk.markup import document, markdown_reader, table_text
from helpdesk.markup.document import Block, Span
from helpdesk.markup.links import has_safe_scheme

MAX_INDENT = 8  # of a rich_text_list
EMPTY_ITEM = "\u00a0"  # Slack takes no section without text

_STYLES = ((document.BOLD, "bold"), (document.ITALIC, "italic"), (document.STRIKE, "strike"), (document.CODE, "code"))


def markdown_to_elements(markdown: str, trusted: bool = False) -> list[dict]:
    """Return the elements for ``markdown``. Unless ``trusted``, a link whose label differs from its address shows
    both.
    """
    return document_to_elements(markdown_reader.read_markdown(markdown), trusted)


def document_to_elements(blocks: Iterable[Block], trusted: bool = False) -> list[dict]:
    """Return the elements for ``blocks``; see ``markdown_to_elements``."""
    writer = _Writer(trusted)
    for block in blocks:
        writer.write_block(block)
    return writer.elements


class _Writer:
    def __init__(self, trusted: bool) -> None:
        self.trusted = trusted
        self.elements: list[dict] = []

    def write_block(self, block: Block) -> None:
        match block:
            case document.ListBlock():
                self._list(block, indent=0)
            case document.Quote(blocks):
                self._add("rich_text_quote", self._flat(blocks))
            case document.CodeBlock(text):
                self._add("rich_text_preformatted", _text(text))
            case document.Table(rows):
                self._add("rich_text_preformatted", _text(self._table(rows)))
            case document.Heading(_, spans):
                self._paragraph(self._inline(spans, document.BOLD))
            case document.Paragraph(spans):
                self._paragraph(self._inline(spans))
            case _:
                self._paragraph(_text("———"))

    def _paragraph(self, inline: list[dict]) -> None:
        previous = self.elements[-1] if self.elements else None
        if previous and previous["type"] == "rich_text_section" and inline:
            previous["elements"] += _text("\n\n") + inline
        else:
            self._add("rich_text_section", inline)

    def _list(self, block: document.ListBlock, indent: int) -> None:
        if block.start == 0:
            # Slack counts from 1: the numbers are text, so that they stay.
            self._paragraph(self._flat_block(block))
            return
        for number, item in enumerate(block.items, block.start or 0):
            lines: list[dict] = []
            is_begun = False
            for child in item:
                if isinstance(child, document.ListBlock | document.CodeBlock | document.Table):
                    self._end_lines(block.start, indent, number, lines, is_begun)
                    lines, is_begun = [], True
                    if isinstance(child, document.ListBlock):
                        self._list(child, indent + 1)
                    else:
                        self.write_block(child)
                else:
                    is_paragraph = isinstance(child, document.Paragraph | document.Heading)
                    gap = "\n\n" if is_paragraph else "\n"
                    lines += (_text(gap) if lines else []) + self._flat([child])
            self._end_lines(block.start, indent, number, lines, is_begun)

    def _end_lines(self, start: int | None, indent: int, number: int, lines: list[dict], is_begun: bool) -> None:
        """Write an item, or what follows in it behind code or an inner list: that has no sign of its own."""
        if is_begun:
            self._add("rich_text_section", lines)
        else:
            self._item(start, indent, number, lines)

    def _item(self, start: int | None, indent: int, number: int, inline: list[dict]) -> None:
        style = "bullet" if start is None else "ordered"
        item = {"type": "rich_text_section", "elements": inline or _text(EMPTY_ITEM)}
        last = self.elements[-1] if self.elements else {}
        if last.get("type") == "rich_text_list" and (last["style"], last["indent"]) == (style, indent):
            following = last.get("offset", 0) + len(last["elements"]) + 1
            if style == "bullet" or number == following:
                last["elements"].append(item)
                return
        self._add("rich_text_list", [item])
        self.elements[-1] |= {"style": style, "indent": min(indent, MAX_INDENT)}
        if style == "ordered" and number > 1:
            self.elements[-1]["offset"] = number - 1

    def _flat(self, blocks: Iterable[Block]) -> list[dict]:
        """Flatten blocks where Slack allows only inline text: each on lines of its own."""
        lines: list[dict] = []
        for block in blocks:
            inline = self._flat_block(block)
            if inline:
                gap = "\n\n" if isinstance(block, document.Paragraph | document.Heading) else "\n"
                lines += (_text(gap) if lines else []) + inline
        return lines

    def _flat_block(self, block: Block) -> list[dict]:
        match block:
            case document.Paragraph(spans):
                return self._inline(spans)
            case document.Heading(_, spans):
                return self._inline(spans, document.BOLD)
            case document.CodeBlock(text):
                return _text(text, {"code": True})
            case document.Table(rows):
                return _text(self._table(rows), {"code": True})
            case document.Quote(inner):
                return _mark_lines(self._flat(inner), "> ", "> ")
            case document.ListBlock(items, start):
                lines: list[dict] = []
                for number, item in enumerate(items, start or 0):
                    mark = "• " if start is None else f"{number}. "
                    marked = _mark_lines(self._flat(item), mark, " " * len(mark)) or _text(mark.strip())
                    lines += (_text("\n") if lines else []) + marked
                return lines
        return _text("———")

    def _inline(self, spans: Sequence[Span], style: int = 0) -> list[dict]:
        found: list[dict] = []
        for url, group in groupby(spans, key=lambda span: span.url):
            linked = list(group)
            if url and has_safe_scheme(url):
                found += self._link(url, linked, style)
            else:
                found += [text for span in linked for text in _text(span.text or url, _style(span.style | style))]
        return _merge_same_style(found)

    def _link(self, url: str, spans: Sequence[Span], added: int) -> list[dict]:
        label = "".join(span.text for span in spans)
        style = _style(spans[0].style | added)
        link = {"type": "link", "url": url} | ({"style": style} if style else {})
        if label in {"", url}:
            return [link]
        if url == "mailto:" + label:
            return [link | {"text": label}]
        if spans[0].bare:
            # An address in brackets whose spelling had to change is shown as it was written; one with Slack's own bar
            # in it stays text.
            return [link | {"text": label}] if "|" not in label else _text(f"<{label}>", style)
        if self.trusted:
            return [
                {"type": "link", "url": url, "text": span.text}
                | ({"style": style} if (style := _style(span.style | added)) else {})
                for span in spans
            ]
        texts = [text for span in spans for text in _text(span.text, _style(span.style | added))]
        return [*texts, *_text(" ("), link, *_text(")")]

    def _table(self, rows: Sequence[Sequence[Sequence[Span]]]) -> str:
        return "\n".join(table_text.table_lines(rows, table_text.plain_cell))

    def _add(self, kind: str, elements: list[dict]) -> None:
        if elements:
            self.elements.append({"type": kind, "elements": elements})


def _style(bits: int) -> dict[str, bool]:
    return {name: True for bit, name in _STYLES if bits & bit} if bits else {}


def _text(text: str, style: dict | None = None) -> list[dict]:
    if not text:
        return []
    return [{"type": "text", "text": text} | ({"style": style} if style else {})]


def _mark_lines(elements: list[dict], first: str, further: str) -> list[dict]:
    """Put ``first`` before the first line and ``further`` before the others."""
    if not elements:
        return []
    marked = [
        element | {"text": element["text"].replace("\n", "\n" + further)} if element["type"] == "text" else element
        for element in elements
    ]
    return _merge_same_style(_text(first) + marked)


def _merge_same_style(elements: list[dict]) -> list[dict]:
    """Join neighbours of the same style into one element."""
    joined: list[dict] = []
    for element in elements:
        last = joined[-1] if joined else None
        if last and last["type"] == element["type"] == "text" and last.get("style") == element.get("style"):
            last["text"] += element["text"]
        else:
            joined.append(dict(element))
    return joined
