"""Divide HTML into tags and text in one pass, dropping what a reader does not see.

No parser library: whatever is between angle brackets is a tag, known or not, so hostile nesting costs no more than its
length. A parser that builds HTML's own tree takes quadratic time and memory for repeated formatting tags.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from html.entities import html5
from typing import Literal

MAX_LENGTH = 500_000  # characters of HTML that are read

MAX_TAGS = 6_000  # of HTML that consists of little else
MIN_TAG_LENGTH = 16  # characters for each tag; mail programs write more

# A value in quotes may have a ">"; where its end is not that of a value, the quote was forgotten and ends nothing.
_QUOTED_VALUES = r"""=\s{0,9}(?:"[^"<\n]{0,2000}"|'[^'<\n]{0,2000}')(?=[\s/>])"""
_TOKEN = re.compile(rf"""<([!/?a-zA-Z](?:[^<>"'=]++|{_QUOTED_VALUES}|["'=]){{0,8000}}+)>|<|[^<]+""")
_TAG = re.compile(r"(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_ATTRIBUTE = re.compile(
    r"""\b(href|class|style|type|id|alt|src|start|value|border|role|colspan|rowspan)"""
    r"""\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#(?:\d{1,9}|[xX][0-9a-fA-F]{1,8});?|[a-zA-Z][a-zA-Z0-9]{0,40}(?:;|(?![a-zA-Z0-9=])))")
_CHECKED = re.compile(r"\schecked\b", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_SILENT = {"script", "style", "head", "title", "template", "noscript", "svg", "select", "annotation"}
# What KaTeX and MathJax write for programs that read aloud, beside the same for the eye.
_SPOKEN_CLASSES = {"katex-mathml", "MJX_Assistive_MathML", "mjx-assistive-mml"}
# Between angle brackets in HTML whose program escaped nothing: no element's name has such signs.
_ADDRESS = re.compile(
    r"(?:https?|ftp)://[^\s<>]{1,2000}|(?:mailto:)?[^\s<>\"'/:=]{1,64}@[\w.-]{1,200}\.\w{2,24}", re.ASCII
)
_SURROGATES = re.compile(r"&#(?:x(d[89ab]..)|(5[5-6]\d{3}));&#(?:x(d[c-f]..)|(5[6-7]\d{3}));", re.IGNORECASE)
# Elements whose end may be left out, by what ends them (HTML, section 13.1.2.4): what follows is seen.
_BLOCKS = {"p", "div", "table", "ul", "ol", "pre", "blockquote", "center", "h1", "h2", "h3", "h4", "h5", "h6"}
_ENDED_BY = {
    "head": _BLOCKS | {"body", "span", "font", "b", "a", "img", "br"},
    "p": _BLOCKS | {"/div", "/td", "/body", "/blockquote"},
    "li": {"li", "/ul", "/ol"},
    "td": {"td", "th", "tr", "/tr", "/table"},
    "th": {"td", "th", "tr", "/tr", "/table"},
    "tr": {"tr", "/table"},
}
_VOID = {"img", "br", "input", "hr", "meta", "link", "col", "wbr", "area", "base"}


@dataclass(frozen=True, slots=True)
class HtmlToken:
    """``kind`` "text": ``value`` is the text; "start" and "end": it is the tag's name in small characters."""

    kind: Literal["text", "start", "end"]
    value: str
    attributes: dict[str, str] = field(default_factory=dict)


def read_tokens(html: str) -> Iterator[HtmlToken]:
    """Yield what is seen of ``html``."""
    silent, depth = "", 0
    texts: list[str] = []
    for match in _TOKEN.finditer(_join_surrogates(_strip_comments(html[:MAX_LENGTH]))):
        is_address = bool(match[1]) and ("@" in match[1] or "://" in match[1]) and bool(_ADDRESS.fullmatch(match[1]))
        if is_address and not silent:
            texts.append(match[0])
            continue
        tag = _TAG.match(match[1]) if match[1] else None
        if match[1] and not tag:
            continue
        name = tag[2].lower() if tag else ""
        if silent and tag and tag[1] + name in _ENDED_BY.get(silent, ()):
            silent = ""
        if silent:
            if name == silent:
                depth += -1 if tag and tag[1] else 1
                silent = silent if depth else ""
            continue
        if not tag:
            texts.append(match[0])
            continue
        if texts:
            yield HtmlToken("text", unescape("".join(texts)))
            texts = []
        if tag[1]:
            yield HtmlToken("end", name)
        else:
            given = _read_attributes(match[1]) if "=" in match[1] else {}
            is_spoken = bool(_SPOKEN_CLASSES & set(given.get("class", "").split()))
            is_hidden = name in _SILENT or is_spoken or _HIDDEN.search(given.get("style", ""))
            if is_hidden and not match[1].endswith("/") and name not in _VOID:
                silent, depth = name, 1
            elif not is_hidden:
                yield HtmlToken("start", name, given)
    if texts:
        yield HtmlToken("text", unescape("".join(texts)))


def read_value(value: str) -> str:
    """Return the value of an attribute without entities. One without its semicolon before a word sign or "=" is
    none there (HTML, section 13.2.5.73): "&region=eu" and "&copy=3" are parameters of an address.
    """
    return _ENTITY.sub(_read_entity, value) if "&" in value else value


def is_too_dense(html: str) -> bool:
    """Whether ``html`` is mostly tags, in such a number that reading it would take long."""
    tags = html[:MAX_LENGTH].count("<")
    return tags > MAX_TAGS and tags * MIN_TAG_LENGTH > min(len(html), MAX_LENGTH)


def _read_attributes(tag: str) -> dict[str, str]:
    attributes = {found[0].lower(): read_value("".join(found[1:])) for found in _ATTRIBUTE.findall(tag)}
    if attributes.get("type", "").lower() == "checkbox" and _CHECKED.search(tag):
        attributes["checked"] = ""
    return attributes


def _read_entity(match: re.Match[str]) -> str:
    return unescape(match[0]) if match[0].startswith("&#") else html5.get(match[0][1:], match[0])


def _join_surrogates(html: str) -> str:
    """Return ``html`` with each character that is written as the two halves UTF-16 has for it, as Java programs do."""
    return _SURROGATES.sub(_join_halves, html) if "&#" in html else html


def _join_halves(match: re.Match[str]) -> str:
    try:
        high, low = (int(match[n], 16) if match[n] else int(match[n + 1]) for n in (1, 3))
    except ValueError:
        return match[0]
    is_pair = 0xD800 <= high < 0xDC00 <= low < 0xE000
    return chr(0x10000 + (high - 0xD800) * 0x400 + low - 0xDC00) if is_pair else match[0]


def _strip_comments(html: str) -> str:
    kept, at = [], 0
    while (begin := html.find("<!--", at)) >= 0:
        kept.append(html[at:begin])
        end = html.find("-->", begin)
        at = len(html) if end < 0 else end + 3
    kept.append(html[at:])
    return "".join(kept)
