"""Who is named with an @ in a text, in any way to write the name: "@Tomas" and "@TOMÁS" are Tomás."""

import re
import unicodedata
from collections.abc import Collection
from itertools import islice

from helpdesk.markup import search_words
from helpdesk.markup.whole_words import CHARACTER

MAX_MENTIONS = 500  # of a text that are looked at
MAX_NAME_LENGTH = 200  # characters behind an @ in which a name is looked for

_AT = re.compile(f"(?<!{CHARACTER})@")

Words = tuple[str, ...]


def read_mentions(text: str) -> list[Words]:
    """Return the words behind each @ that does not stand in an address."""
    text = unicodedata.normalize("NFKC", text)
    places = (match.end() for match in islice(_AT.finditer(text), MAX_MENTIONS))
    parts = dict.fromkeys(text[place : place + MAX_NAME_LENGTH] for place in places)
    return [tuple(words) for part in parts if not part[:1].isspace() and (words := search_words.split_words(part))]


def read_first_name(name: str) -> Words:
    """Return the first of the names of a person, as names are compared."""
    return tuple(search_words.split_words(" ".join(name.split()[:1])))


def is_named(mentions: Collection[Words], name: str) -> bool:
    """Whether one of ``mentions`` begins with ``name``, also with two characters for one: "@Mueller" is Müller."""
    spellings = {tuple(search_words.split_words(each)) for each in (name, search_words.spell_with_two_characters(name))}
    return any(_begins_with(words, wanted) for wanted in spellings if wanted for words in mentions)


def _begins_with(words: Words, wanted: Words) -> bool:
    if len(words) < len(wanted) or words[: len(wanted) - 1] != wanted[:-1]:
        return False
    last, found = wanted[-1], words[len(wanted) - 1]
    # In a script without spaces the sentence goes on behind the name: "@高橋さん".
    return found.startswith(last) if search_words.is_unspaced(last) else found == last
