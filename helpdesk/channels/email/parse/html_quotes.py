"""The elements that mail programs put around a quote, with the line that says whose words it is."""

from collections.abc import Sequence
from dataclasses import dataclass

from helpdesk.channels.email.parse.html_tokens import HtmlToken

_CLASSES = {"gmail_quote", "yahoo_quoted", "protonmail_quote", "zmail_extra", "tutanota_quote", "moz-cite-prefix"}


@dataclass
class _OpenQuote:
    """A quote whose end is not read yet. ``place``: of the element around it; None for a ``blockquote``."""

    place: int | None
    has_quote: bool = False  # which has ended, directly inside it


def is_around(attributes: dict[str, str]) -> bool:
    """Return whether a ``div`` with these attributes is what a mail program puts around a quote."""
    return bool(_CLASSES & set(attributes.get("class", "").split()))


def find_answered(tokens: Sequence[HtmlToken]) -> set[int]:
    """Find the elements around a quote that have words behind a quote inside them: somebody answered part by part, and
    only what is in those inner quotes is another's.
    """
    found: set[int] = set()
    open_tags: list[tuple[str, int]] = []  # with the place in ``around`` where it stands
    around: list[_OpenQuote] = []
    for place, token in enumerate(tokens):
        if token.kind == "text":
            if around and around[-1].has_quote and around[-1].place is not None and token.value.strip():
                found.add(around[-1].place)
        elif token.value not in {"div", "blockquote"}:
            continue
        elif token.kind == "start":
            is_outer = token.value == "div" and is_around(token.attributes)
            open_tags.append((token.value, len(around)))
            if is_outer or token.value == "blockquote":
                around.append(_OpenQuote(place if is_outer else None))
        elif open_tags and open_tags[-1][0] == token.value:
            del around[open_tags.pop()[1] :]
            if around and token.value == "blockquote":
                around[-1].has_quote = True
    return found
