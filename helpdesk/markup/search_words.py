"""The words of a text as the search index stores them; questions pass through the same functions.

Text is compared without case, accents, vowel points and compatibility forms. Scripts written without spaces, and
Hangul with its attached particles, are cut into overlapping pairs of characters, so that a word inside is found. A
long word is also stored backwards without its beginning, so that the last word of a compound (the printer of
Rechnungsdrucker), and a word behind an Arabic, Hebrew or Ethiopic particle, is found as the beginning of that; and from
each further character on, so that a word in the middle (the number of Rechnungsnummernkreis) is. Words joined by an
apostrophe, hyphen or full stop are also stored as one.
"""

import re
import unicodedata

from helpdesk.markup.joined_words import JOINER_PATTERN, list_joined_pieces
from helpdesk.markup.search_folding import EMOJI
from helpdesk.markup.search_folding import fold as fold

MAX_WORD_LENGTH = 60  # characters of a word; the rest does not count

# Characters that are also written with two: Müller is Mueller, Søren is Soeren.
_TWO_CHARACTERS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"} | {"Ä": "ae", "Ö": "oe", "Ü": "ue", "Ø": "oe", "Å": "aa"}
)
_TWO_CHARACTERS_PATTERN = re.compile("[äöüøåÄÖÜØÅ]")
_ARABIC_ARTICLE = "ال"
BACKWARDS_MARK = "\u2190"  # begins a token that is read backwards; no text has it, since it is no part of a word
SKIPPED, MIN_ENDING = 4, 5  # characters of the first word of a compound, and of the last, at least
INSIDE_MARK = "\u2192"  # begins a token that is a long word without its first characters
MIN_LONG_WORD, MAX_INSIDE = 12, 24  # characters of a compound in whose middle a word is found, at least; its tokens
SKIPPED_PARTICLE, MIN_BEHIND_PARTICLE = 1, 4
# Beginnings that no word has in languages that write compounds as one word.
_NO_BEGINNING_PATTERN = re.compile(r"([b-df-hj-np-tv-xz])\1|n[^aeiouyhj]|l[b-dfgkmnp-tvz]|r[b-dfgk-nqp-tvw]")
_WITH_PARTICLES_PATTERN = re.compile("[\u05d0-\u05ea\u0620-\u06ff\u1200-\u137f]")
# Thai, Lao, Myanmar, Khmer, kana, Han and Hangul.
# An emoji is a word of one character.
UNSPACED = EMOJI + (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3031-\u3035\u303b\u3041-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
_UNSPACED_PATTERN = re.compile(f"[{UNSPACED}]")
_RUNS_PATTERN = re.compile(f"[{EMOJI}]|(?:(?![{EMOJI}])[{UNSPACED}])+|[^{UNSPACED}]+")
_ASCII_WORDS_PATTERN = re.compile("[a-z0-9]+")


def split_words(text: str) -> list[str]:
    """Return the words of ``text``, whole, in order: runs of one kind of script, unspaced ones uncut."""
    if text.isascii():
        return [word[:MAX_WORD_LENGTH] for word in _ASCII_WORDS_PATTERN.findall(text.lower())]
    found: list[str] = []
    for word in fold(text).split():
        if _UNSPACED_PATTERN.search(word) is None:
            found.append(word[:MAX_WORD_LENGTH])
        else:
            runs = _RUNS_PATTERN.findall(word)
            found += [run if is_unspaced(run) else run[:MAX_WORD_LENGTH] for run in runs]
    return found


def is_unspaced(word: str) -> bool:
    """Whether ``word`` is of a script that is cut into pairs."""
    return _UNSPACED_PATTERN.match(word) is not None


def cut_into_pairs(run: str) -> list[str]:
    """Return the overlapping pairs of characters of ``run``; itself if it is a single one."""
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


def index_tokens(text: str) -> list[str]:
    """Return the tokens that the index stores for ``text``: those of ``list_tokens``, and the ends of long words."""
    tokens = _list_separate_tokens(text)
    parts = dict.fromkeys(part for token in dict.fromkeys(tokens) for part in _list_parts(token))
    return [*tokens, *_list_joined_tokens(text), *parts]


def list_tokens(text: str) -> list[str]:
    """Return the tokens of ``text``, in order; other spellings of its words and joined words come last.

    A run of an unspaced script ends with its last character alone, so that a question of one character finds every
    place where it stands.
    """
    return _list_separate_tokens(text) + _list_joined_tokens(text)


def _list_separate_tokens(text: str) -> list[str]:
    tokens = [token for word in split_words(text) for token in _cut_word(word)]
    if not text.isascii():
        tokens += [spelling for spelling in dict.fromkeys(_list_other_spellings(text, tokens)) if spelling]
    return tokens


def _cut_word(word: str) -> list[str]:
    return [*cut_into_pairs(word), word[-1]] if len(word) > 1 and is_unspaced(word) else [word]


def _list_joined_tokens(text: str) -> list[str]:
    """Return the tokens of the words of ``text`` that are also written as one, each once, without the joiners."""
    words = [word for _, piece in list_joined_pieces(text) for group in group_words(piece) for word in _join(group)]
    return [token for word in dict.fromkeys(words) for token in _cut_word(word)]


def group_words(piece: str) -> list[list[str]]:
    """Return the words of ``piece``, those together that are also written as one."""
    groups: list[list[str]] = []
    for place, part in enumerate(JOINER_PATTERN.split(piece)):
        first, *others = split_words(part) or [""]
        if place and groups:
            groups[-1].append(first)
        else:
            groups.append([first])
        groups += [[word] for word in others]
    return [words for group in groups if (words := [word for word in group if word])]


def _join(words: list[str]) -> list[str]:
    return split_words("".join(words)) if len(words) > 1 else []


def ask_for_middle(word: str) -> str:
    """Return the beginning of the tokens of compounds in which the folded ``word`` is; "" if it is too short."""
    is_long = word.isalpha() and len(word) >= MIN_ENDING and not _WITH_PARTICLES_PATTERN.match(word)
    return INSIDE_MARK + word if is_long else ""


def ask_for_ending(word: str) -> str:
    """Return the beginning of the tokens of compounds that end with the folded ``word``; "" if it is too short."""
    return BACKWARDS_MARK + word[::-1] if word.isalpha() and len(word) >= _ending_lengths(word)[1] else ""


def is_of_compounds(token: str) -> bool:
    """Whether ``token`` asks for the end or the middle of a compound."""
    return token.startswith((BACKWARDS_MARK, INSIDE_MARK))


def get_skipped_length(word: str) -> int:
    """Return how many characters a compound that ends with ``word`` has before it at least."""
    return _ending_lengths(word)[0]


def _list_parts(word: str) -> list[str]:
    """Return the tokens by which the last word of a compound, and those in its middle, are found."""
    if len(word) <= MIN_BEHIND_PARTICLE or not word.isalpha() or is_unspaced(word):
        return []
    skipped, shortest = _ending_lengths(word)
    parts = [BACKWARDS_MARK + word[: skipped - 1 : -1]] if len(word) >= skipped + shortest else []
    if len(word) >= MIN_LONG_WORD and skipped == SKIPPED:
        starts = range(SKIPPED, len(word) - MIN_ENDING)[:MAX_INSIDE]
        parts += [INSIDE_MARK + word[start:] for start in starts if not _NO_BEGINNING_PATTERN.match(word, start)]
    return parts


def _ending_lengths(word: str) -> tuple[int, int]:
    if _WITH_PARTICLES_PATTERN.match(word):
        return SKIPPED_PARTICLE, MIN_BEHIND_PARTICLE
    return SKIPPED, MIN_ENDING


def join_words(*texts: str | None) -> str:
    """Return the tokens of short ``texts`` with a space before and behind each, to be compared with LIKE."""
    tokens = [token for text in texts for token in list_tokens(text or "")]
    return f" {' '.join(dict.fromkeys(tokens))} " if tokens else ""


def other_spellings(word: str) -> list[str]:
    """Return the other folded spellings of one word of a question, as it was typed."""
    return [] if word.isascii() else [each for each in _list_other_spellings(word, split_words(word)) if each]


def has_other_spelling(text: str) -> bool:
    """Whether ``text`` has characters that are also written with two."""
    return not text.isascii() and _TWO_CHARACTERS_PATTERN.search(unicodedata.normalize("NFC", text)) is not None


def spell_with_two_characters(text: str) -> str:
    """Return ``text`` with the characters that are also written with two written so: Mueller for Müller."""
    return unicodedata.normalize("NFC", text).translate(_TWO_CHARACTERS)


def _list_other_spellings(text: str, tokens: list[str]) -> list[str]:
    found: list[str] = []
    if has_other_spelling(text):
        spelled = (word for word in spell_with_two_characters(text).split() if word)
        found += [word for each in spelled for word in split_words(each) if not is_unspaced(word)]
    found += [token[2:] for token in tokens if token.startswith(_ARABIC_ARTICLE) and len(token) > 4]
    known = set(tokens)
    return [spelling for spelling in found if spelling not in known]
