"""Convert Markdown to elements of Slack's rich_text block, a format in which text cannot notify anybody or hide a link.
Pure.

Text stays in plain ``text`` elements, which Slack shows unchanged; nothing here makes a user, channel or broadcast
element.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from markdown_it.tree import SyntaxTreeNode

from helpdesk.markup import markdown_rendering

SAFE_SCHEMES = {"http", "https", "mailto"}

_STYLES = {"strong": "bold", "em": "italic", "s": "strike"}


def markdown_to_elements(markdown: str, trusted: bool = False) -> list[dict]:
    """Return the elements for ``markdown``. Unless ``trusted``, a link whose label differs from its address shows
    both.
    """
    text = markdown.replace("\x00", "")
    tree = SyntaxTreeNode(markdown_rendering.markdown_parser(text).parse(text))
    return _Writer(trusted).write(tree.children)


def has_safe_scheme(url: str) -> bool:
    """Return whether the scheme of ``url`` is allowed in a link: http, https or mailto."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return False
    return parts.scheme.lower() in SAFE_SCHEMES and bool(
        parts.netloc or (parts.scheme.lower() == "mailto" and parts.path)
    )


class _Writer:
    def __init__(self, trusted: bool) -> None:
        self.trusted = trusted
        self.elements: list[dict] = []

    def write(self, nodes: Iterable[SyntaxTreeNode]) -> list[dict]:
        for node in nodes:
            self._block(node)
        return self.elements

    def _block(self, node: SyntaxTreeNode) -> None:
        if node.type in {"bullet_list", "ordered_list"}:
            self._list(node, indent=0)
        elif node.type == "blockquote":
            self._add("rich_text_quote", self._flat(node))
        elif node.type in {"fence", "code_block"}:
            self._add("rich_text_preformatted", _text(node.content.rstrip("\n")))
        elif node.type == "table":
            self._add("rich_text_preformatted", _text(_table(node)))
        elif node.type == "hr":
            self._paragraph(_text("———"))
        elif node.type == "heading":
            self._paragraph(self._inline(node, {"bold": True}))
        else:
            self._paragraph(self._inline(node, {}))

    def _paragraph(self, inline: list[dict]) -> None:
        previous = self.elements[-1] if self.elements else None
        if previous and previous["type"] == "rich_text_section" and inline:
            previous["elements"] += _text("\n\n") + inline
        else:
            self._add("rich_text_section", inline)

    def _list(self, node: SyntaxTreeNode, indent: int) -> None:
        style = "ordered" if node.type == "ordered_list" else "bullet"
        first = int(node.attrs.get("start", 1)) if style == "ordered" else 1
        for number, item in enumerate(node.children, first):
            lines: list[dict] = []
            for child in item.children:
                if child.type in {"bullet_list", "ordered_list"}:
                    self._item(style, indent, number, lines)
                    lines = []
                    self._list(child, indent + 1)
                elif child.type in {"fence", "code_block"}:
                    self._item(style, indent, number, lines)
                    lines = []
                    self._block(child)
                else:
                    lines += (_text("\n") if lines else []) + self._flat(child)
            self._item(style, indent, number, lines)

    def _item(self, style: str, indent: int, number: int, inline: list[dict]) -> None:
        if not inline:
            return
        item = {"type": "rich_text_section", "elements": inline}
        last = self.elements[-1] if self.elements else {}
        continues = last.get("type") == "rich_text_list" and (last["style"], last["indent"]) == (
            style,
            indent,
        )
        if continues:
            last["elements"].append(item)
            return
        self._add("rich_text_list", [item])
        self.elements[-1] |= {"style": style, "indent": min(indent, 8)}
        if style == "ordered" and number > 1:
            self.elements[-1]["offset"] = number - 1

    def _flat(self, node: SyntaxTreeNode) -> list[dict]:
        """Flatten blocks where Slack allows only inline text: each on lines of its own."""
        if node.type in {"fence", "code_block"}:
            return _text(node.content.rstrip("\n"), {"code": True})
        if node.type == "table":
            return _text(_table(node))
        if node.type in {"paragraph", "heading", "inline"}:
            return self._inline(node, {})
        lines: list[dict] = []
        for child in node.children:
            inline = self._flat(child)
            if child.type == "list_item" and inline:
                inline = _text("• ") + inline
            if inline:
                gap = "\n\n" if child.type == "paragraph" and node.type == "blockquote" else "\n"
                lines += (_text(gap) if lines else []) + inline
        return lines

    def _inline(self, node: SyntaxTreeNode, style: dict) -> list[dict]:
        found: list[dict] = []
        for child in node.children:
            if child.type in _STYLES:
                found += self._inline(child, style | {_STYLES[child.type]: True})
            elif child.type == "link":
                found += self._link(child, style)
            elif child.type in {"softbreak", "hardbreak"}:
                found += _text("\n")
            elif child.type == "code_inline":
                found += _text(child.content, style | {"code": True})
            elif child.children:
                found += self._inline(child, style)
            else:
                found += _text(child.content, style)
        return _merge_same_style(found)

    def _link(self, node: SyntaxTreeNode, style: dict) -> list[dict]:
        url = str(node.attrs.get("href", ""))
        label = self._inline(node, style)
        label_text = "".join(element.get("text", "") for element in label)
        if not has_safe_scheme(url):
            return label + _text(f" ({url})")
        link = {"type": "link", "url": url} | ({"style": style} if style else {})
        if label_text in {"", url}:
            return [link]
        if url == "mailto:" + label_text:
            return [link | {"text": label_text}]
        if node.info == "auto":
            # An address in brackets whose spelling had to change, such as one with Slack's own bar in it, stays text.
            return [link] if "|" not in label_text else _text(f"<{label_text}>", style)
        if self.trusted:
            return [link | {"text": label_text}]
        return label + _text(" (") + [link] + _text(")")

    def _add(self, kind: str, elements: list[dict]) -> None:
        if elements:
            self.elements.append({"type": kind, "elements": elements})


def _text(text: str, style: dict | None = None) -> list[dict]:
    if not text:
        return []
    return [{"type": "text", "text": text} | ({"style": dict(style)} if style else {})]


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


def _table(node: SyntaxTreeNode) -> str:
    rows = [[_plain_text(cell) for cell in row.children] for part in node.children for row in part.children]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _plain_text(node: SyntaxTreeNode) -> str:
    if node.type in {"softbreak", "hardbreak"}:
        return " "
    return "".join(_plain_text(child) for child in node.children) if node.children else node.content
