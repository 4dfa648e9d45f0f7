"""Write a document as plain text: for mails' text part, for excerpts and for the search index."""

from collections.abc import Iterable, Sequence

from helpdesk.markup import document, table_text
from helpdesk.markup.document import Block, Span


def write_text(blocks: Iterable[Block], addresses: bool = True, indents_code: bool = False) -> str:
    """Return ``blocks`` as text: quotes with "> ", lists with their numbers, with ``addresses`` links' addresses behind
    their labels, and with ``indents_code`` four spaces before each line of code.
    """
    return "\n".join(_Writer(addresses, indents_code).lines(blocks)).strip("\n")


STRUCK = "\0"  # in place of "~~" until neighbours of other styles are joined; no stored text has it


class _Writer:
    def __init__(self, addresses: bool, indents_code: bool) -> None:
        self.addresses = addresses
        self.code_margin = " " * 4 if indents_code else ""

    def lines(self, blocks: Iterable[Block], tight: bool = False) -> list[str]:
        found: list[str] = []
        previous: Block | None = None
        for block in blocks:
            lines = self._block(block)
            goes_on = isinstance(block, document.ListBlock) and document.goes_on_with_other_number(previous, block)
            if found and lines and not tight and not (goes_on and block.tight):
                found.append("")
            found += lines
            previous = block
        return found

    def _block(self, block: Block) -> list[str]:
        match block:
            case document.Paragraph(spans) | document.Heading(_, spans):
                return self._inline(spans).split("\n")
            case document.CodeBlock(text):
                return [(self.code_margin + line).rstrip() for line in text.split("\n")]
            case document.Quote(blocks):
                return [f"> {line}".rstrip() for line in self.lines(blocks)]
            case document.ListBlock(items, start, tight):
                return self._list(items, start, tight)
            case document.Table(rows):
                return table_text.table_lines(rows, self._cell)
            case _:
                return ["---"]

    def _list(self, items: Sequence[Sequence[Block]], start: int | None, tight: bool) -> list[str]:
        found: list[str] = []
        for number, item in enumerate(items, start or 0):
            mark = "- " if start is None else f"{number}. "
            space = " " * len(mark)
            lines = self.lines(item, tight) or [""]
            if found and not tight:
                found.append("")
            found.append((mark + lines[0]).rstrip())
            found += [(space + line).rstrip() for line in lines[1:]]
        return found

    def _inline(self, spans: Iterable[Span]) -> str:
        """Write ``spans``; what is struck out stands between "~~", or it would read as if it stood."""
        parts: list[str] = []
        label, url = "", ""
        for span in spans:
            if url and span.url != url:
                parts.append(self._link(label, url))
                label, url = "", ""
            if span.url and (span.bare or not span.text) and parts and parts[-1][-1:].isalnum():
                parts.append(" ")  # an address in angle brackets ended the word before it
            text = f"{STRUCK}{span.text}{STRUCK}" if span.style & document.STRIKE else span.text
            if not span.url or span.bare:
                parts.append(text)
            else:
                label, url = label + text, span.url
        found = "".join(parts) + (self._link(label, url) if url else "")
        return found.replace(STRUCK * 2, "").replace(STRUCK, "~~") if STRUCK in found else found

    def _link(self, label: str, url: str) -> str:
        if not label:
            return url
        return f"{label} ({url})" if self.addresses and not table_text.shows_address(label, url) else label

    def _cell(self, cell: Sequence[Span]) -> str:
        return table_text.plain_cell(cell) if self.addresses else document.plain_text(cell)
