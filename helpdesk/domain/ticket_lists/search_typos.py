"""A word of a search with one typo: the words that differ from it by one character more, less, other or exchanged.

The index is asked which of these some hundred words it has, so that no list of all words is kept that an erasure would
have to find. Names are compared with patterns. Numbers, short words and scripts without spaces have no variants.
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


def list_variants(term: Term) -> list[str]:
    """Return the words that have one typo beside the word ``term``; none for a phrase, a number or a word too short."""
    word = term.text
    is_word = not search_words.is_unspaced(word) and (word.isalpha() or _has_marks(word))
    if term.is_phrase or not is_word or not MIN_LENGTH <= len(word) <= MAX_LENGTH:
        return []
    return _vary(word, _list_characters(word[0]))


def vary_term(term: Term, known: list[str]) -> Term:
    """Return ``term`` with the spellings ``known`` in its place, and with every one that has one typo in names."""
    alternatives = tuple((word,) for word in known)
    patterns, filters = tuple(_vary(term.text, "_")), _filter_names(term.text)
    return replace(term, alternatives=alternatives, is_prefix=False, name_patterns=patterns, name_filters=filters)


def _filter_names(word: str) -> tuple[str, ...]:
    """Return a few patterns of which one matches wherever a variant of ``word`` is: one half of it is untouched."""
    middle = len(word) // 2
    exchanged = word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :]
    return f"% {word[:middle]}%", f"%{word[middle:]} %", f"% {exchanged} %"


def _vary(word: str, characters: str) -> list[str]:
    """Return ``word`` with one character less, two neighbours exchanged, or one of ``characters`` more or instead."""
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
