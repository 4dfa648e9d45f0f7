"""The styles and links that are open while HTML is read, and the spans they make of text."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

from helpdesk.markup import document
from helpdesk.markup.document import Span
from helpdesk.markup.links import has_safe_scheme

MAX_OPEN = 50  # tags of styles and links open at once; further ones have no effect

_STYLES = {
    **dict.fromkeys(("b", "strong"), document.BOLD),
    **dict.fromkeys(("i", "em"), document.ITALIC),
    **dict.fromkeys(("s", "del", "strike"), document.STRIKE),
    **dict.fromkeys(("code", "tt", "kbd", "samp"), document.CODE),
}
_CSS_STYLES = (
    (re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.IGNORECASE), document.BOLD),
    (re.compile(r"font-style\s*:\s*(?:italic|oblique)", re.IGNORECASE), document.ITALIC),
    (re.compile(r"text-decoration[a-z-]*\s*:[^;]{0,40}line-through", re.IGNORECASE), document.STRIKE),
)
# As in the <b> that Google Docs puts around what is copied from it.
_CSS_WITHOUT = (
    (re.compile(r"font-weight\s*:\s*(?:normal|lighter|[1-5]00)", re.IGNORECASE), document.BOLD),
    (re.compile(r"font-style\s*:\s*normal", re.IGNORECASE), document.ITALIC),
)
_INLINE_TAGS = {*_STYLES, "a", "span", "font", "u"}
_RAISED = {
    "sup": dict(zip("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ", strict=True)),
    "sub": dict(zip("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎", strict=True)),
}
_HIDING_SCHEMES = ("javascript", "vbscript", "data", "cid", "about", "blob", "x-apple-data-detectors")
_WITHOUT_SCHEME = re.compile(r"//[a-zA-Z0-9]")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]{1,30}):[^\s]")


class OpenTags:
    """The open inline tags, innermost last."""

    def __init__(self) -> None:
        self._open: list[tuple[str, int, int, str]] = []  # name, styles it adds and takes away, address
        self.style, self.url = 0, ""
        self._link = ""  # the address of the spans

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Open the tag ``name`` if it is one of a style or a link."""
        if name not in _INLINE_TAGS or len(self._open) >= MAX_OPEN:
            return
        css = attributes.get("style", "")
        added, without = _read_css(css) if css else (0, 0)
        style = _STYLES.get(name, 0) | added
        self._open.append((name, style, without, attributes.get("href", "").strip() if name == "a" else ""))
        self._compute()

    def end(self, name: str) -> str:
        """Close the innermost tag ``name``; return what is shown behind it: the address of a link that cannot be
        followed.
        """
        for place in range(len(self._open) - 1, -1, -1):
            if self._open[place][0] == name:
                url = self._open.pop(place)[-1]
                self._compute()
                return url
        return ""

    def make_span(self, text: str) -> Span:
        """Return ``text`` with the open styles and link."""
        return Span(text, self.style, self._link)

    def _compute(self) -> None:
        self.style, self.url = 0, ""
        for _, style, without, url in self._open:
            self.style = (self.style | style) & ~without
            self.url = url or self.url
        address = normalize_address(self.url) if self.url else ""
        self._link = address if has_safe_scheme(address) else ""


@lru_cache(maxsize=64)  # a mail repeats its styles
def _read_css(css: str) -> tuple[int, int]:
    """Return the styles that ``css`` adds and those that it takes away."""
    added, without = (
        sum(bit for pattern, bit in patterns if pattern.search(css)) for patterns in (_CSS_STYLES, _CSS_WITHOUT)
    )
    return added, without


def raise_digits(text: str, tag: str) -> str:
    """Return ``text`` of a <sup> or <sub> in signs that stand higher or lower, unchanged if there is none for one of
    its signs: "m2" is not "m²".
    """
    signs = _RAISED.get(tag, {})
    return "".join(signs[sign] for sign in text) if text and all(sign in signs for sign in text) else text


def name_site(url: str) -> str:
    """Return the domain of an address, as the label of a picture without description; "" for no web address."""
    parts = urlsplit(normalize_address(url)) if has_safe_scheme(normalize_address(url)) else None
    return parts.hostname or "" if parts else ""


def normalize_address(href: str) -> str:
    """Encode what must not be in an address, and drop line breaks that a mail program put in."""
    address = re.sub(
        r"[\s<>\"\\]", lambda sign: f"%{ord(sign[0]):02X}" if sign[0] not in "\r\n\t" else "", href.strip()
    )
    if address[:4].lower() == "www.":
        return f"https://{address}"  # typed by hand into a program that adds nothing
    return f"https:{address}" if _WITHOUT_SCHEME.match(address) else address


def address_to_show(href: str, label: str) -> str:
    """Return the address to show behind a link's ``label`` because nobody can follow it; "" for none."""
    if href.startswith("\\\\"):  # a folder on a server
        return "" if href in label else href
    match = _SCHEME.match(href)
    if not match or match[1].lower() in _HIDING_SCHEMES or has_safe_scheme(href):
        return ""
    rest = href[match.end(1) + 1 :].lstrip("/")
    return "" if rest in label or re.sub(r"[\s().-]", "", rest) in re.sub(r"[\s().-]", "", label) else href


def join_links(spans: list[Span]) -> list[Span]:
    """Join neighbours, and mark the links whose label is their address."""
    found = []
    for span in document.join_spans(spans):
        text = span.text.strip()
        is_address = bool(span.url) and (
            text.rstrip("/") == span.url.rstrip("/") or span.url.lower() == f"mailto:{text.lower()}"
        )
        if is_address:
            begin = span.text.index(text)
            found += [Span(span.text[:begin], span.style), Span(text, span.style & ~document.CODE, span.url, bare=True)]
            found.append(Span(span.text[begin + len(text) :], span.style))
        else:
            found.append(span)
    return [span for span in found if span.text]


def collapse_spaces(spans: list[Span]) -> list[Span]:
    """Leave one space where several meet."""
    found: list[Span] = []
    for span in spans:
        text = re.sub(r" {2,}", " ", span.text)
        if found and found[-1].text.endswith(" "):
            text = text.lstrip(" ")
        if text:
            found.append(Span(text, span.style, span.url, span.bare))
    return found
