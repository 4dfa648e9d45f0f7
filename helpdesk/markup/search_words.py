"""The words of a text as the search index stores them; questions pass through the same functions.

Text is compared without case, accents, vowel points and compatibility forms. Scripts written without spaces, and
Hangul with its attached particles, are cut into overlapping pairs of characters, so that a word inside is found. A
long word is also stored backwards without its beginning, so that the last word of a compound (the printer of
Rechnungsdrucker), and a word behind an Arabic, Hebrew or Ethiopic particle, is found as the beginning of that.
"""

import re
import unicodedata

MAX_WORD_LENGTH = 60  # characters of a word; the rest does not count

# Characters that Unicode does not decompose, and characters of Arabic that are typed for one another.
_REPLACED = {
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ħ": "h",
    "ŧ": "t",
    "ı": "i",
    "æ": "ae",
    "œ": "oe",
    "ŋ": "n",
    "ى": "ي",
    "ی": "ي",
    "ې": "ي",
    "ة": "ه",
    "ہ": "ه",
    "ھ": "ه",
    "ە": "ه",
    "ک": "ك",
    "\u0640": "",
}
# Marks that people leave out: accents, points of Hebrew and Arabic, nuktas. Vowel signs and voicing marks stay.
_DROPPED_RANGES = (
    *((0x0300, 0x036F), (0x0483, 0x0489), (0x0591, 0x05BD), (0x05BF, 0x05C7), (0x0610, 0x061A), (0x064B, 0x065F)),
    *((0x0670, 0x0670), (0x06D6, 0x06ED), (0x0711, 0x0711), (0x0730, 0x074A), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF)),
    *((code, code) for code in (0x093C, 0x09BC, 0x0A3C, 0x0ABC, 0x0B3C, 0x0CBC)),
    *((0x20D0, 0x20FF), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0xE0100, 0xE01EF)),
)
# Characters that are also written with two: Müller is Mueller, Søren is Soeren.
_TWO_CHARACTERS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"} | {"Ä": "ae", "Ö": "oe", "Ü": "ue", "Ø": "oe", "Å": "aa"}
)
_TWO_CHARACTERS_PATTERN = re.compile("[äöüøåÄÖÜØÅ]")
_ARABIC_ARTICLE = "ال"
BACKWARDS_MARK = "\u2190"  # begins a token that is read backwards; no text has it, since it is no part of a word
SKIPPED, MIN_ENDING = 4, 5  # characters of the first word of a compound, and of the last, at least
SKIPPED_PARTICLE, MIN_BEHIND_PARTICLE = 1, 4
_WITH_PARTICLES_PATTERN = re.compile("[\u05d0-\u05ea\u0620-\u06ff\u1200-\u137f]")
# Thai, Lao, Myanmar, Khmer, kana, Han and Hangul.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3031-\u3035\u303b\u3041-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
_UNSPACED_PATTERN = re.compile(f"[{UNSPACED}]")
_RUNS_PATTERN = re.compile(f"[{UNSPACED}]+|[^{UNSPACED}]+")
_ASCII_WORDS_PATTERN = re.compile("[a-z0-9]+")


class _FoldedCharacters(dict[int, str]):
    """What each character becomes, by code point; computed when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = "".join(map(_fold_part, unicodedata.normalize("NFKD", chr(code)).casefold()))
        self[code] = folded = unicodedata.normalize("NFC", folded)
        return folded


def _fold_part(part: str) -> str:
    if part in _REPLACED:
        return _REPLACED[part]
    category = unicodedata.category(part)
    if category == "Nd":
        return str(unicodedata.digit(part))
    if category == "Cf" or any(first <= ord(part) <= last for first, last in _DROPPED_RANGES):
        return ""
    return part if category[0] in "LNM" else " "


_FOLDED = _FoldedCharacters()


def fold(text: str) -> str:
    """Return ``text`` in the form that is compared; all that is no part of a word becomes a space."""
    return unicodedata.normalize("NFKC", text).translate(_FOLDED)


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
    tokens = list_tokens(text)
    return [*tokens, *dict.fromkeys(turned for token in tokens if (turned := _turn_ending(token)))]


def list_tokens(text: str) -> list[str]:
    """Return the tokens of ``text``, in order; other spellings of its words come last.

    A run of an unspaced script ends with its last character alone, so that a question of one character finds every
    place where it stands.
    """
    tokens: list[str] = []
    for word in split_words(text):
        if not is_unspaced(word) or len(word) == 1:
            tokens.append(word)
        else:
            tokens += cut_into_pairs(word)
            tokens.append(word[-1])
    if not text.isascii():
        tokens += [spelling for spelling in dict.fromkeys(_list_other_spellings(text, tokens)) if spelling]
    return tokens


def ask_for_ending(word: str) -> str:
    """Return the beginning of the tokens of compounds that end with the folded ``word``; "" if it is too short."""
    return BACKWARDS_MARK + word[::-1] if word.isalpha() and len(word) >= _ending_lengths(word)[1] else ""


def get_skipped_length(word: str) -> int:
    """Return how many characters a compound that ends with ``word`` has before it at least."""
    return _ending_lengths(word)[0]


def _turn_ending(word: str) -> str:
    """Return the token of the end of a long ``word``, backwards; "" for a word that is no compound."""
    if len(word) <= MIN_BEHIND_PARTICLE or not word.isalpha():
        return ""
    skipped, shortest = _ending_lengths(word)
    return (
        BACKWARDS_MARK + word[: skipped - 1 : -1] if len(word) >= skipped + shortest and not is_unspaced(word) else ""
    )


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
    return _TWO_CHARACTERS_PATTERN.search(unicodedata.normalize("NFC", text)) is not None


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
