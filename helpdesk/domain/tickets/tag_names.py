"""Names of tags: written in one way in addresses, searches, files and the API."""

import re
import unicodedata
from collections.abc import Iterable

from helpdesk.domain.errors import ValidationError
from helpdesk.models.tag import MAX_TAG_LENGTH
from helpdesk.translation import format_number, gettext

JOINERS = "\u200c\u200d"  # parts of words in Persian and of emoji
SEPARATORS = re.compile(r"[,;\n，、؛،]")
_REFUSED = frozenset('"“”„«»<>\\|*?')


def split_names(text: str) -> tuple[str, ...]:
    """The names in what somebody typed: separated by commas, semicolons or lines. Raises ValidationError."""
    return clean_names(SEPARATORS.split(text))


def clean_names(names: Iterable[str]) -> tuple[str, ...]:
    """``names`` as they are stored, without empty ones and repetitions. Raises ValidationError."""
    return tuple(dict.fromkeys(name for name in map(clean_name, names) if name))


def clean_name(text: str) -> str:
    """``text`` as the name of a tag: lower case, hyphens for spaces, without a leading #. Raises ValidationError."""
    text = "".join(
        character
        for character in unicodedata.normalize("NFKC", text)
        if character in JOINERS or unicodedata.category(character) not in ("Cf", "Cs", "Co", "Cn")
    )
    name = "-".join(text.lower().split()).lstrip("#").strip("-" + JOINERS)
    is_separated = SEPARATORS.search(name) or not _REFUSED.isdisjoint(name)
    if is_separated or not all(character in JOINERS or character.isprintable() for character in name):
        raise ValidationError(gettext("A tag has no quotes, stars, bars or angle brackets."), "tags")
    if len(name) > MAX_TAG_LENGTH:
        raise ValidationError(
            gettext("A tag has at most %(number)s characters.", number=format_number(MAX_TAG_LENGTH)), "tags"
        )
    return name
