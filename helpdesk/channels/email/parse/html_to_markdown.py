"""Convert HTML to text in one pass: incoming HTML to Markdown, outgoing HTML to the plain text half with its links.

No parser library: whatever is between angle brackets is a tag, known or dropped, so hostile nesting costs no more than
its length.
"""

import re
from dataclasses import dataclass, field
from html import unescape

MAX_LENGTH = 500_000  # characters of HTML that are read

_TOKEN = re.compile(r"<([!/?a-zA-Z][^<>]{0,8000})>|<|[^<]+")
_TAG = re.compile(r"(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_ATTRIBUTE = re.compile(r"""\b(href|class|style|type|id)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_SILENT = {"script", "style", "head", "title", "template", "noscript", "svg", "math", "select", "object"}
_SPACED = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "pre", "table", "dl"}
_BLOCKS = _SPACED | {
    "div",
    "tr",
    "li",
    "section",
    "article",
    "header",
    "footer",
    "center",
    "hr",
    "dt",
    "dd",
    "tbody",
    "address",
}
_MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*", "s": "~~", "del": "~~", "strike": "~~"}
_QUOTES = {
    "gmail_quote",
    "yahoo_quoted",
    "protonmail_quote",
    "zmail_extra",
    "tutanota_quote",
    "moz-cite-prefix",
}
_SPECIAL = re.compile(r"([\\`*\[\]]|(?<!\w)_|_(?!\w))")
_LINE_START = re.compile(r"^(\d{0,9})([#>+-](?=[\s#>])|(?<=\d)[.)](?=\s))")


def html_to_markdown(html: str) -> str:
    """Convert a person's HTML to Markdown that shows the same; the result contains no HTML."""
    return _Writer(marks=True).write(html)


def html_to_text(html: str) -> str:
    """Convert our own safe HTML to plain text: links behind their text, quotes with "> "."""
    return _Writer(marks=False).write(html)


@dataclass
class _Writer:
    marks: bool
    lines: list[str] = field(default_factory=list)
    buffer: list[str] = field(default_factory=list)
    quotes: list[str] = field(default_factory=list)
    lists: list[int | None] = field(default_factory=list)
    open: list[tuple[str, int, str]] = field(default_factory=list)
    bullet: str = ""
    gap: bool = False
    pre: bool = False

    def write(self, html: str) -> str:
        silent, depth = "", 0
        for match in _TOKEN.finditer(_strip_comments(html[:MAX_LENGTH])):
            tag = _TAG.match(match[1]) if match[1] else None
            if match[1] and not tag:
                continue
            name = tag[2].lower() if tag else ""
            if silent:
                if name == silent:
                    depth += -1 if tag[1] else 1
                    silent = silent if depth else ""
            elif not tag:
                self.text(unescape(match[0]))
            elif tag[1]:
                self.end(name)
            else:
                given = {found[0].lower(): unescape("".join(found[1:])) for found in _ATTRIBUTE.findall(match[1])}
                hidden = re.search(r"display\s*:\s*none", given.get("style", ""))
                if (name in _SILENT or hidden) and not match[1].endswith("/") and name not in {"img", "br", "input"}:
                    silent, depth = name, 1
                else:
                    self.start(name, given)
        self.flush()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self.lines)).strip()

    def text(self, text: str) -> None:
        if self.pre:
            *complete, rest = text.replace("\r\n", "\n").split("\n")
            for line in complete:
                self.buffer.append(line)
                self.flush(always=True)
            self.buffer.append(rest)
        else:
            self.gap = self.gap or (bool(self.lines) and text == "\xa0" and not self.buffer)
            text = re.sub(r"\s+", " ", text.replace("\xa0", " "))
            self.buffer.append(_SPECIAL.sub(r"\\\1", text) if self.marks else text)

    def start(self, name: str, given: dict[str, str]) -> None:
        if name == "br":
            self.flush(always=True)
        elif name in _BLOCKS:
            self.flush()
            self.gap = self.gap or (
                name in _SPACED and "msonormal" not in given.get("class", "").lower() and not self.lists
            )
            self.block(name, given)
        elif name == "a" or (
            self.marks and name in _MARKS and all(_MARKS.get(one[0]) != _MARKS[name] for one in self.open)
        ):
            self.open.append((name, len(self.buffer), given.get("href", "")))

    def block(self, name: str, given: dict[str, str]) -> None:
        if name == "blockquote" or (name == "div" and _QUOTES & set(given.get("class", "").split())):
            self.quotes.append(name)
        elif name == "div" and self.quotes:
            self.quotes.append("")
        elif name in {"ul", "ol"}:
            self.lists.append(0 if name == "ol" else None)
        elif name == "li":
            number = self.lists[-1] if self.lists else None
            if number is not None:
                self.lists[-1] = number + 1
            self.bullet = "- " if number is None else f"{number + 1}. "
        elif name == "pre":
            self.fence()
            self.pre = True
        elif name == "hr":
            self.lines.append(self.prefix() + "---")
        elif name[0] == "h" and name[1:].isdigit() and self.marks:
            self.bullet = "#" * int(name[1]) + " "

    def end(self, name: str) -> None:
        if name in _BLOCKS:
            self.flush()
            if name == "pre" and self.pre:
                self.pre = False
                self.fence()
            elif name in {"ul", "ol"} and self.lists:
                self.lists.pop()
            elif name in {"blockquote", "div"}:
                self.close_quote(name)
            self.gap = self.gap or (name in {"blockquote", "pre", "ul", "ol", "table"} and not self.lists)
            self.bullet = ""
        elif name in {"td", "th"}:
            self.buffer.append(" ")
        else:
            self.close(name)

    def close_quote(self, name: str) -> None:
        if name == "blockquote":
            while self.quotes and self.quotes.pop() != "blockquote":
                pass
        elif self.quotes and self.quotes[-1] != "blockquote":
            self.quotes.pop()

    def close(self, name: str) -> None:
        for place in range(len(self.open) - 1, max(-1, len(self.open) - 6), -1):
            if self.open[place][0] == name:
                _, begin, href = self.open.pop(place)
                break
        else:
            return
        inner = "".join(self.buffer[begin:])
        label = inner.strip()
        if label:
            marked = self.link(label, href) if name == "a" else f"{_MARKS[name]}{label}{_MARKS[name]}"
            before, after = inner[: len(inner) - len(inner.lstrip())], inner[len(inner.rstrip()) :]
            self.buffer[begin:] = [before + marked + after]

    def link(self, label: str, href: str) -> str:
        href = re.sub(r"[\s<>()\\]", lambda sign: f"%{ord(sign[0]):02X}" if ord(sign[0]) < 128 else "", href.strip())
        shown = label.replace("\\", "")
        if not re.match(r"(https?://|mailto:)[^\s]", href, re.IGNORECASE):
            return label
        if shown.rstrip("/") == href.rstrip("/") or href.lower() == f"mailto:{shown.lower()}":
            return shown
        return f"[{label}]({href})" if self.marks else f"{label} ({href})"

    def flush(self, always: bool = False) -> None:
        text = "".join(self.buffer)
        self.buffer.clear()
        self.open.clear()
        text = text if self.pre else re.sub(r" {2,}", " ", text).strip()
        if not text and not always:
            return
        if self.marks and not self.pre:
            text = _LINE_START.sub(r"\1\\\2", text) if not text.startswith(("**", "~~")) else text
        self.blank()
        indents = ["  " if number is None else "   " for number in self.lists]
        indent = "".join(indents[:-1] if self.bullet else indents)
        self.lines.append((self.prefix() + indent + self.bullet + text).rstrip())
        self.bullet = ""

    def fence(self) -> None:
        self.blank()
        if self.marks:
            self.lines.append(self.prefix() + "```")

    def blank(self) -> None:
        if self.gap and self.lines and self.lines[-1].strip("> "):
            last = re.match(r"(> )*", self.lines[-1])[0]
            self.lines.append(min(last, self.prefix(), key=len).rstrip())
        self.gap = False

    def prefix(self) -> str:
        return "> " * min(10, sum(1 for one in self.quotes if one))


def _strip_comments(html: str) -> str:
    kept, at = [], 0
    while (begin := html.find("<!--", at)) >= 0:
        kept.append(html[at:begin])
        end = html.find("-->", begin)
        at = len(html) if end < 0 else end + 3
    kept.append(html[at:])
    return "".join(kept)
