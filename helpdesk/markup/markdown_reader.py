"""Read Markdown into a document."""

from collections.abc import Sequence
from functools import lru_cache

from markdown_it.token import Token

from helpdesk.markup import document, markdown_parser
from helpdesk.markup.document import Block, Span

_STYLES = {"strong": document.BOLD, "em": document.ITALIC, "s": document.STRIKE}


@lru_cache(maxsize=64)
def read_markdown(text: str) -> Sequence[Block]:
    """Read ``text`` into blocks. They are shared: never change them."""
    return tuple(_Reader().read(markdown_parser.parse_markdown(text)))


class _Reader:
    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.above: list[tuple[list[Block], Token]] = []

    def read(self, tokens: Sequence[Token]) -> list[Block]:
        spans: list[Span] = []
        rows: list[list[list[Span]]] = []
        alignments: list[str] = []
        items: list[list[list[Block]]] = []
        loose: list[bool] = []
        for token in tokens:
            kind = token.type
            if kind == "inline":
                spans = read_inline(token.children or [])
            elif kind == "paragraph_close":
                self.blocks.append(document.Paragraph(spans))
            elif kind == "heading_close":
                self.blocks.append(document.Heading(int(token.tag[1]), spans))
            elif kind in {"fence", "code_block"}:
                self.blocks.append(document.CodeBlock(token.content.removesuffix("\n"), token.info.strip()))
            elif kind == "hr":
                self.blocks.append(document.Rule())
            elif kind in {"blockquote_open", "bullet_list_open", "ordered_list_open", "list_item_open"}:
                self._open(token)
                if kind != "blockquote_open" and kind != "list_item_open":
                    items.append([])
                    loose.append(False)
            elif kind == "blockquote_close":
                self._close(document.Quote(self.blocks))
            elif kind == "list_item_close":
                items[-1].append(self.blocks)
                self.blocks, _ = self.above.pop()
            elif kind in {"bullet_list_close", "ordered_list_close"}:
                opening = self.above[-1][1]
                start = int(opening.attrs.get("start", 1)) if kind == "ordered_list_close" else None
                self._close(document.ListBlock(items.pop(), start, not loose.pop()))
            elif kind == "tr_open":
                rows.append([])
            elif kind in {"th_close", "td_close"}:
                rows[-1].append(spans)
            elif kind == "th_open":
                alignments.append(str(token.attrs.get("style", "")).removeprefix("text-align:"))
            elif kind == "table_close":
                self.blocks.append(document.Table(rows, alignments))
                rows, alignments = [], []
            elif kind == "paragraph_open" and loose and not token.hidden and self.above[-1][1].type == "list_item_open":
                loose[-1] = True
        return self.blocks

    def _open(self, token: Token) -> None:
        self.above.append((self.blocks, token))
        self.blocks = []

    def _close(self, block: Block) -> None:
        self.blocks, _ = self.above.pop()
        self.blocks.append(block)


def read_inline(children: Sequence[Token]) -> list[Span]:
    """Read the tokens of one paragraph into spans."""
    spans: list[Span] = []
    style, url, bare = 0, "", False
    counts = {document.BOLD: 0, document.ITALIC: 0, document.STRIKE: 0}
    for token in children:
        kind = token.type
        if kind == "text":
            if token.content:
                spans.append(Span(token.content, style, url, bare))
        elif kind in {"softbreak", "hardbreak"}:
            spans.append(Span("\n", style, url))
        elif kind == "code_inline":
            spans.append(Span(token.content, style | document.CODE, url))
        elif kind == "link_open":
            url, bare, begin = str(token.attrs.get("href", "")), token.info == "auto", len(spans)
        elif kind == "link_close":
            if len(spans) == begin:
                spans.append(Span("", style, url))
            url, bare = "", False
        elif (bit := _STYLES.get(kind.rpartition("_")[0])) is not None:
            counts[bit] += token.nesting
            style = style | bit if counts[bit] > 0 else style & ~bit
    return document.join_spans(spans)
