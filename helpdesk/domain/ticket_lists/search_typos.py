"""A word of a search with one typo: the words that differ from it by one character more, less, other or exchanged.

They are asked of the index as one term with some hundred spellings, each of them a whole word, so that no list of all
words is needed. On SQLite only: PostgreSQL needed 0.4 to 2 s for it at 20,000 tickets. Numbers, short words and scripts
without spaces have none.
"""

import unicodedata
from dataclasses import replace
from functools import lru_cache

from helpdesk.domain.ticket_lists.search_syntax import Term
from helpdesk.markup import search_words

MIN_LENGTH, MAX_LENGTH = 4, 24  # characters of a word in which a typo is forgiven
LATIN = "abcdefghijklmnopqrstuvwxyz"
BLOCK_SIZE = 256  # neighbouring code points in which the characters of a script are looked for
WORD_CATEGORIES = {"Ll", "Lo", "Mn", "Mc"}


def vary_term(term: Term) -> Term | None:
    """Return ``term`` with each spelling that has one typo; None for a phrase, a number or a word too short."""
    word = term.text
    is_word = not search_words.is_unspaced(word) and (word.isalpha() or _has_marks(word))
    if term.is_phrase or not is_word or not MIN_LENGTH <= len(word) <= MAX_LENGTH:
        return None
    alternatives = tuple((each,) for each in list_variants(word))
    return replace(term, alternatives=alternatives, is_prefix=False)


def list_variants(word: str) -> list[str]:
    """Return the words that have one character less or more than ``word``, another one, or two neighbours exchanged."""
    characters = _list_characters(word[0])
    parts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    variants = [start + end[1:] for start, end in parts if end]
    variants += [start + end[1] + end[0] + end[2:] for start, end in parts if len(end) > 1]
    variants += [start + character + end[1:] for start, end in parts if end for character in characters]
    variants += [start + character + end for start, end in parts for character in characters]
    return list(dict.fromkeys(each for each in variants if each != word))


def _has_marks(word: str) -> bool:
    """Whether ``word`` is characters with vowel signs, as in Indic scripts."""
    return bool(word) and not word.isalpha() and all(unicodedata.category(sign) in WORD_CATEGORIES for sign in word)


@lru_cache(maxsize=1_000)
def _list_characters(character: str) -> str:
    """Return the characters of the script of ``character``, as the index has them."""
    if character in LATIN:
        return LATIN
    script = unicodedata.name(character, "").partition(" ")[0]
    first = ord(character) // BLOCK_SIZE * BLOCK_SIZE
    signs = map(chr, range(first, first + BLOCK_SIZE))
    return "".join(
        sign
        for sign in signs
        if unicodedata.category(sign) in WORD_CATEGORIES
        and unicodedata.name(sign, "").startswith(f"{script} ")
        and search_words.fold(sign) == sign
    )
