"""Links in Markdown: bare addresses, those that cannot be followed, and how an address is shown."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

from markdown_it.common.normalize_url import normalizeLink
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline, link, linkify
from markdown_it.token import Token

from helpdesk.markup import bare_address, picture_marks
from helpdesk.markup.links import has_safe_scheme

_NO_SPACE = re.compile(r"\S*")
_LONGEST_SCHEME = 20  # characters before "://" in which a scheme and the sign before it are found
_ENCODED = re.compile(
    r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::\d{1,5})?(?:[/?#](?:[a-z0-9._~:/?#@!$&'()*+,;=-]|%[0-9a-f]{2})*)?"
    r"|mailto:[a-z0-9._+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*",
    re.IGNORECASE,
)


def show_address(address: str) -> str:
    """Return how an address is shown: as it was written, a domain beyond ASCII in its own characters."""
    if "xn--" not in address:
        return address
    try:
        domain = urlsplit(address).netloc
    except ValueError:  # no address
        return address
    return address.replace(domain, _decode_domain(domain), 1)


@lru_cache(maxsize=1024)
def _decode_domain(domain: str) -> str:
    try:
        return domain.encode("ascii").decode("idna")
    except ValueError:  # no domain beyond ASCII after all
        return domain


def encode_address(address: str) -> str:
    """Return the address that Markdown's parser makes of ``address``."""
    return normalizeLink(address)


def is_encoded(address: str) -> bool:
    """Whether ``address`` is usual enough that the parser would not change it, which takes long to find out."""
    return bool(_ENCODED.fullmatch(address))


def parse_link(state: StateInline, silent: bool) -> bool:
    """Read "[label](address)" and the like, where the text has not too many brackets."""
    return state.src[state.pos] == "[" and state.env["brackets"] and link(state, silent)


def parse_picture(state: StateInline, silent: bool) -> bool:
    """Read a picture as a link to it: nothing is loaded. In the label of a link it is its description, and one that
    refers to a file of the message is a mark (``picture_marks``).
    """
    if not state.src.startswith("![", state.pos):
        return False
    begin = len(state.tokens) + bool(state.pending)
    state.pos += 1
    if not parse_link(state, silent):
        state.pos -= 1
        return False
    name = None if silent else picture_marks.read_address(str(state.tokens[begin].attrs.get("href", "")))
    if name is not None:
        _write_picture_mark(state.tokens[begin:], name)
    elif not silent and state.linkLevel:
        for token in (state.tokens[begin], state.tokens[-1]):
            token.type, token.tag, token.nesting, token.content = "text", "", 0, ""
    return True


def _write_picture_mark(tokens: list[Token], name: str) -> None:
    """Make text of a link to a file: its description, where that is not the name, and the mark of the picture."""
    opening, *label, closing = tokens
    if all(token.type == "text" for token in label) and "".join(each.content for each in label).strip() in ("", name):
        for token in label:
            token.content = ""
        lead = ""
    else:
        lead = " "
    for token, text in ((opening, ""), (closing, lead + picture_marks.write_mark(name))):
        token.type, token.tag, token.nesting, token.content, token.attrs = "text", "", 0, text, {}


def parse_bare_link(state: StateInline, silent: bool) -> bool:
    """Read a bare address; as GFM says, "_" and "~" at its end are marks around it, and so are signs of other scripts.
    The library looks for the scheme in all text before it, so only the last of it is left there.
    """
    before = state.pending
    if not before[-5:].lower().endswith(("http", "https")):
        return False
    if not silent and len(before) > _LONGEST_SCHEME:
        state.pending = before[:-_LONGEST_SCHEME]
        state.pushPending()
        state.pending = before[-_LONGEST_SCHEME:]
    if not _parse_up_to_signs(state, silent):
        return False
    end = state.pos
    while state.src[state.pos - 1] in "_~":
        state.pos -= 1
    if not silent and state.pos < end:
        opening, text, _ = state.tokens[-3:]
        text.content = text.content[: state.pos - end]
        opening.attrSet("href", str(opening.attrs["href"])[: state.pos - end])
    return True


def _parse_up_to_signs(state: StateInline, silent: bool) -> bool:
    source = state.src
    if source.isascii():
        return linkify(state, silent)
    run = _NO_SPACE.match(source, state.pos)
    state.src = source[: state.pos] + bare_address.cut_wide_signs(run[0]) if run else source
    try:
        return linkify(state, silent)
    finally:
        state.src = source


def show_unsafe_addresses(state: StateCore) -> None:
    """Replace links that cannot be followed by their label and address; a link without label shows its address."""
    for token in state.tokens:
        if token.children and any(child.type == "link_open" for child in token.children):
            token.children = _without_unsafe_links(token.children)


def _without_unsafe_links(children: list[Token]) -> list[Token]:
    kept: list[Token] = []
    address: str | None = None
    begin = 0  # of the last link that can be followed
    for child in children:
        if child.type == "link_open" and not has_safe_scheme(href := str(child.attrs.get("href", ""))):
            address = "" if child.info == "auto" else href
            kept += [_text_token("<")] if child.markup == "autolink" else []
        elif child.type == "link_close" and address is not None:
            kept += [_text_token(f" ({address})")] if address else []
            kept += [_text_token(">")] if child.markup == "autolink" else []
            address = None
        else:
            if child.type == "link_open":
                begin = len(kept)
            elif child.type == "link_close" and not any(each.content.strip() for each in kept[begin + 1 :]):
                kept.append(_text_token(show_address(str(kept[begin].attrs["href"]))))
            kept.append(child)
    return kept


def _text_token(text: str) -> Token:
    return Token("text", "", 0, content=text)


def title_encoded_addresses(state: StateCore) -> None:
    """Give each link to a domain beyond ASCII its encoded address as title: characters can look alike."""
    for token in state.tokens:
        for child in token.children or ():
            if child.type == "link_open" and "xn--" in str(child.attrs.get("href", "")):
                child.attrSet("title", str(child.attrs["href"]))
