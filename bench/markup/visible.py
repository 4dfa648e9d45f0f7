"""The visible words of a rendered text with their styles, whatever its format."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import NamedTuple

from helpdesk.markup.document import BOLD, CODE, ITALIC, STRIKE

_CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7ff"  # each sign is a word: no spaces stand between them
_WORD = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+|[^\w\s]|_")
_TAGS = {"strong": BOLD, "b": BOLD, "em": ITALIC, "i": ITALIC, "s": STRIKE, "del": STRIKE, "strike": STRIKE}
_TAGS |= {"code": CODE, "pre": CODE, "tt": CODE, "kbd": CODE, "samp": CODE}
_SLACK_TAGS = dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), BOLD) | dict.fromkeys(("th", "td"), CODE)
_INLINE = {*_TAGS, "span", "font", "u", "small", "big", "sub", "sup", "img", "wbr"}
_SILENT = {"script", "style", "head", "title", "template", "noscript", "svg", "math", "select", "object"}
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_VOID = {"img", "br", "input", "hr", "meta", "link", "col", "wbr", "area", "base"}
_STYLE_NAMES = {"bold": BOLD, "italic": ITALIC, "strike": STRIKE, "code": CODE}


class Word(NamedTuple):
    """A word or a sign. ``style``: bits of ``helpdesk.markup.document``."""

    text: str
    style: int = 0


def words_of_text(text: str) -> list[Word]:
    """Return the words of plain ``text``."""
    return words_of_runs([(text, 0)])


def words_of_runs(runs: Iterable[tuple[str, int]]) -> list[Word]:
    """Return the words of runs of text, each of one style. A word may go over several runs, not over a link's end;
    "²" counts as "2".
    """
    texts, styles = [], []
    for text, style in runs:
        texts.append(text)
        styles += [CODE if style & CODE else style] * len(text)
    found = _WORD.finditer("".join(texts))
    return [Word(unicodedata.normalize("NFKC", match[0]), styles[match.start()]) for match in found]


def words_of_html(html: str, for_slack: bool = False) -> list[Word]:
    """Return the words that a browser shows of ``html``; of pictures, their descriptions. ``for_slack``: with the
    styles that stand for headings and tables in Slack, which has neither: bold and code.
    """
    reader = _HtmlReader(_TAGS | _SLACK_TAGS if for_slack else _TAGS)
    reader.feed(html)
    reader.close()
    return words_of_runs(reader.runs)


def words_of_blocks(blocks: Iterable[dict]) -> list[Word]:
    """Return the words of Slack's rich_text ``blocks``."""
    return words_of_runs(run for block in blocks if block.get("type") == "rich_text" for run in _runs(block))


def _runs(element: dict, style: int = 0) -> Iterator[tuple[str, int]]:
    kind = element.get("type", "")
    if kind == "rich_text_preformatted":
        style = CODE
    if "elements" in element:
        for inner in element["elements"]:
            yield from _runs(inner, style)
            if kind in {"rich_text_list", "rich_text"}:
                yield "\n", 0
        return
    given = element.get("style") or {}
    style |= sum(bit for name, bit in _STYLE_NAMES.items() if given.get(name)) if isinstance(given, dict) else 0
    text = str(element.get("text") or element.get("url") or "")
    yield (f" {text} " if kind == "link" else text), style


class _HtmlReader(HTMLParser):
    def __init__(self, tags: dict[str, int]) -> None:
        super().__init__(convert_charrefs=True)
        self.tags = tags
        self.runs: list[tuple[str, int]] = []
        self.open: list[str] = []
        self.silent = 0
        self.hidden, self.depth = "", 0  # an element that is not displayed, and how many of its name are open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.hidden:
            self.depth += tag == self.hidden
            return
        if tag not in _VOID and _HIDDEN.search(str(dict(attrs).get("style") or "")):
            self.hidden, self.depth = tag, 1
            return
        if tag in _SILENT:
            self.silent += 1
        if tag in self.tags:
            self.open.append(tag)
        if tag not in _INLINE:
            self.runs.append(("\n", 0))
        if tag == "img" and not self.silent and not _HIDDEN.search(str(dict(attrs).get("style") or "")):
            self.runs.append((str(dict(attrs).get("alt") or ""), self._style()))

    def handle_endtag(self, tag: str) -> None:
        if self.hidden:
            self.depth -= tag == self.hidden
            self.hidden = self.hidden if self.depth else ""
            return
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        if tag in self.open:
            del self.open[len(self.open) - 1 - self.open[::-1].index(tag)]
        if tag not in _INLINE:
            self.runs.append(("\n", 0))

    def handle_data(self, data: str) -> None:
        if not self.silent and not self.hidden:
            self.runs.append((data, self._style()))

    def _style(self) -> int:
        style = 0
        for tag in self.open:
            style |= self.tags[tag]
        return style
