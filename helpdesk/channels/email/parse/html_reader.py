"""Read the tags and the text of HTML, one after the other, into the blocks of a document."""

import re

from helpdesk.channels.email.parse import html_inline, html_lists, html_quotes, html_space
from helpdesk.channels.email.parse.html_lists import Container
from helpdesk.markup import document
from helpdesk.markup.document import Block, Span

_SPACED = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "pre", "table", "dl"}
_BLOCKS = _SPACED | {
    *"div tr li section article header footer center hr dt dd tbody address main aside nav figure figcaption".split(),
    *"caption thead tfoot fieldset form details summary legend".split(),
}
_ENDS_CODE = {"div", "td", "th", "tr", "table", "blockquote", "li", "ul", "ol", "section", "article"}


class HtmlReader:
    """What is open while HTML is read, and the blocks that are done."""

    def __init__(self) -> None:
        self.root: list[Block] = []
        self.open: list[Container] = [Container("", self.root)]
        self.tags = html_inline.OpenTags()
        self.line: list[Span] = []
        self.paragraph: list[Span] | None = None
        self.gap, self.heading = False, 0
        self.code: list[str] | None = None
        self.code_blocks: list[str] = []  # the tags of blocks that were opened inside code
        self.raised = ""  # "sup" or "sub"
        self.is_picture_link = False  # an open link has a picture without description, and no word yet
        self.sign = ""  # the letter of an item of which no word was read yet
        self.link_begin = 0  # the place in the line where the last link was opened
        self.space, self.indent = html_space.OpenSpaces(), ""  # the indent of the line

    def finish(self) -> list[Block]:
        self.flush()
        self._end_code()
        while len(self.open) > 1:
            self._close()
        self._end_paragraph()
        return self.root

    def add_table(self, table: document.Table) -> None:
        self.flush()
        self._end_implied_list()
        self._end_paragraph()
        self.open[-1].target.append(table)
        self.gap = True

    def text(self, text: str) -> None:
        if self.code is not None:
            self.code.append(text.replace("\r\n", "\n"))
            return
        self.gap = self.gap or (text == "\xa0" and not self.line and self.paragraph is not None)
        for number, line in enumerate(self.space.split_lines(text)):
            if number:
                self.flush(always=True)
            self._line_text(line)

    def _line_text(self, text: str) -> None:
        if not self.line:
            self.indent = self.space.read_indent(text)
            text = text if self.indent else text.lstrip(" \t\r\n\f")
        text = re.sub(r"\s+", " ", text)
        if text.strip():
            self.line += [Span(self.sign)] if self.sign else []
            self.sign, self.is_picture_link = "", False
        if text:
            self.line.append(self.tags.make_span(html_inline.raise_digits(text, self.raised)))

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.space.start(name, attributes)
        if name == "br":
            if self.code is not None:
                self.code.append("\n")
            else:
                self.flush(always=True)
        elif name == "img":
            self._picture(attributes)
        elif name in _BLOCKS:
            if self.code is not None:
                self.code.append("\n" if self.code and not self.code[-1].endswith("\n") else "")
                self.code_blocks += [name] if name in _ENDS_CODE else []
                return
            self.flush()
            is_spaced = name in _SPACED and "msonormal" not in attributes.get("class", "").lower()
            self.gap = self.gap or (is_spaced and (not self.open[-1].is_in_list or self.paragraph is not None))
            self._start_block(name, attributes)
        elif name in {"sup", "sub"}:
            self.raised = name
        elif name in {"td", "th"}:
            self.line.append(Span(" "))  # the cell before may have no end tag
        elif name == "input" and attributes.get("type", "").lower() == "checkbox":
            self.text("[x] " if "checked" in attributes else "[ ] ")
        elif name == "q":
            self.text("“")
        elif name == "area":
            self.tags.start("a", attributes)
            self.text(f"{attributes.get('alt', '').strip() or html_inline.name_site(self.tags.url)} ")
            self.tags.end("a")
        else:
            if name == "a":
                self.link_begin, self.is_picture_link = len(self.line), False
            self.tags.start(name, attributes)

    def _picture(self, attributes: dict[str, str]) -> None:
        """Show a picture's description, except where the picture itself is attached."""
        alt = " ".join(attributes.get("alt", "").split())[:300]
        is_attached = attributes.get("src", "").lower().startswith(("cid:", "data:"))
        if alt and (self.tags.url or not is_attached or not re.search(r"[A-Za-z0-9]", alt)):
            self.text(alt)
        elif not alt and self.tags.url and not document.plain_text(self.line[self.link_begin :]).strip():
            self.is_picture_link = True

    def _start_block(self, name: str, attributes: dict[str, str]) -> None:
        if name != "li":
            self._end_implied_list()
        if name == "blockquote" or (name == "div" and html_quotes.is_around(attributes)):
            self._open(name)
        elif name == "div" and self.open[-1].is_in_quote:
            self.open.append(self.open[-1].make_inner("div", self.open[-1].blocks, counted=False))
        elif name in {"ul", "ol"}:
            self._open_list(name, attributes)
        elif name == "li":
            self._start_item(html_lists.read_number(attributes.get("value", "")))
        elif name == "pre":
            self._end_paragraph()
            self.code = []
        elif name == "hr":
            self._end_paragraph()
            self.open[-1].target.append(document.Rule())
        elif name[0] == "h" and name[1:].isdigit():
            self._end_paragraph()
            self.heading = int(name[1])

    def _open_list(self, name: str, attributes: dict[str, str]) -> None:
        start = 1 if (given := html_lists.read_number(attributes.get("start", "1"))) is None else given
        letters = html_lists.read_letters(attributes) if name == "ol" else ""
        self._open(name, start if name == "ol" and not letters else None)
        self.open[-1].letters, self.open[-1].number = letters, start

    def _start_item(self, value: int | None) -> None:
        while self.open[-1].tag == "li" or (self.open[-1].tag == "div" and not self.open[-1].counted):
            self._close()
        if self.open[-1].tag not in {"ul", "ol"}:
            self._open("ul")
            self.open[-1].is_implied = True
        above = self.open[-1]
        self._end_paragraph()
        if not above.counted:
            return
        if above.letters:
            number = above.number if value is None else value
            self.sign, above.number = html_lists.write_letters(number, above.letters), number + 1
        elif above.start is not None and value is not None and value != above.start + len(above.items):
            if above.items:
                above.blocks.append(document.ListBlock(above.items, above.start, html_lists.are_tight(above.items)))
            above.items, above.start = [], value
        above.items.append([])
        self.open.append(above.make_inner("li", above.items[-1]))

    def end(self, name: str) -> None:
        self.space.end(name)
        if name == "pre":
            self._end_code()
            self.gap = True
        elif self.code is not None and not self._ends_code(name):
            return
        elif name in _BLOCKS:
            self.flush()
            if name in {"ul", "ol", "li", "blockquote", "div"}:
                self._end_block(name)
            self.gap = self.gap or (name in {"blockquote", "ul", "ol", "table"} and self.open[-1].tag != "li")
            if name[0] == "h" and self.heading:
                self._end_paragraph()
                self.heading = 0
        elif name in {"td", "th"}:
            self.line.append(Span(" "))
        elif name in {"sup", "sub"}:
            self.raised = ""
        elif name == "q":
            self.text("”")
        elif name == "a":
            if self.is_picture_link:
                self.text(html_inline.name_site(self.tags.url))
            label = document.plain_text(self.line[self.link_begin :])
            shown = html_inline.address_to_show(self.tags.end(name), label)
            if shown:
                self.line.append(Span(f" ({shown})"))
        else:
            self.tags.end(name)

    def _ends_code(self, name: str) -> bool:
        """End code that was not closed before the block around it, as browsers do; return whether that was so."""
        self.tags.end(name)
        if name in self.code_blocks:
            self.code_blocks.remove(name)
            return False
        if name in _ENDS_CODE:
            self._end_code()
            self.gap = True
        return self.code is None

    def _end_block(self, name: str) -> None:
        depth = next((n for n in range(len(self.open) - 1, 0, -1) if self.open[n].tag == name), 0)
        if not depth or (name == "div" and any(each.tag != "div" for each in self.open[depth:])):
            return
        if name == "li" and any(each.tag in {"ul", "ol"} for each in self.open[depth:]):
            return
        while len(self.open) > depth:
            self._close()

    def _open(self, tag: str, start: int | None = None) -> None:
        self._end_paragraph()
        above = self.open[-1]
        if above.tag in {"ul", "ol"} and above.counted and tag != "li":
            above.items = above.items or [[]]
            above = Container("", above.items[-1])
        is_counted = self.open[-1].depth <= document.MAX_DEPTH
        if len(self.open) < 200:
            inside = [] if is_counted else above.blocks
            self.open.append(self.open[-1].make_inner(tag, inside, start, is_counted))
            if is_counted and tag in {"ul", "ol"}:
                self.open[-1].blocks = above.blocks
            elif is_counted:
                above.blocks.append(document.Quote(self.open[-1].blocks))

    def _end_implied_list(self) -> None:
        """End a list that no element began: it ends with its items."""
        if self.open[-1].is_implied:
            self._close()

    def _close(self) -> None:
        self._end_paragraph()
        closed = self.open.pop()
        if closed.tag in {"ul", "ol"} and closed.counted and closed.items:
            closed.blocks.append(document.ListBlock(closed.items, closed.start, html_lists.are_tight(closed.items)))

    def flush(self, always: bool = False) -> None:
        """End the line: it goes on in the same paragraph unless there is a gap."""
        line = document.trim_spans(html_inline.collapse_spaces(html_inline.join_links(self.line)))
        self.line, self.link_begin = [], 0
        if not line and not always:
            return
        if line:
            self._end_implied_list()
        if line and self.indent and not self.heading and self.open[-1].tag != "li":
            line = [Span(self.indent), *line]
        self.indent = ""
        if self.gap or self.paragraph is None:
            self._end_paragraph()
            self.paragraph = line
        else:
            self.paragraph += [Span("\n"), *line]
        self.gap = False

    def _end_paragraph(self) -> None:
        spans, self.paragraph = self.paragraph, None
        if spans and document.plain_text(spans).strip():
            block = document.Heading(self.heading, spans) if self.heading else document.Paragraph(spans)
            self.open[-1].target.append(block)

    def _end_code(self) -> None:
        if self.code is not None:
            text = "".join(self.code).replace("\xa0", " ").strip("\n")
            self.code, self.code_blocks = None, []
            if text.strip():
                self.open[-1].target.append(document.CodeBlock(text))
