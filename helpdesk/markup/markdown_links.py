"""Links in Markdown: bare addresses, those that cannot be followed, and how an address is shown."""

from urllib.parse import urlsplit

from markdown_it.common.normalize_url import normalizeLink
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline, linkify
from markdown_it.token import Token

from helpdesk.markup.links import has_safe_scheme


def show_address(address: str) -> str:
    """Return how an address is shown: as it was written, a domain beyond ASCII in its own characters."""
    try:
        domain = urlsplit(address).netloc
        return address.replace(domain, domain.encode("ascii").decode("idna"), 1) if "xn--" in domain else address
    except ValueError:  # no address, or no domain beyond ASCII after all
        return address


def encode_address(address: str) -> str:
    """Return the address that Markdown's parser makes of ``address``."""
    return normalizeLink(address)


def parse_bare_link(state: StateInline, silent: bool) -> bool:
    """Read a bare address; as GFM says, "_" and "~" at its end are marks around it."""
    if not linkify(state, silent):
        return False
    end = state.pos
    while state.src[state.pos - 1] in "_~":
        state.pos -= 1
    if not silent and state.pos < end:
        opening, text, _ = state.tokens[-3:]
        text.content = text.content[: state.pos - end]
        opening.attrSet("href", str(opening.attrs["href"])[: state.pos - end])
    return True


def show_unsafe_addresses(state: StateCore) -> None:
    """Replace links that cannot be followed by their label and address."""
    for token in state.tokens:
        if token.children and any(child.type == "link_open" for child in token.children):
            token.children = _without_unsafe_links(token.children)


def _without_unsafe_links(children: list[Token]) -> list[Token]:
    kept: list[Token] = []
    address: str | None = None
    for child in children:
        if child.type == "link_open" and not has_safe_scheme(href := str(child.attrs.get("href", ""))):
            address = "" if child.info == "auto" else href
            kept += [_text_token("<")] if child.markup == "autolink" else []
        elif child.type == "link_close" and address is not None:
            kept += [_text_token(f" ({address})")] if address else []
            kept += [_text_token(">")] if child.markup == "autolink" else []
            address = None
        else:
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
