"""The form of characters that searches compare: without case, accents, vowel points and compatibility forms.

Hiragana stands for katakana, and one Han character for its simplified, traditional and Japanese forms. An emoji is a
word, without the tone of its skin. All else that is no part of a word becomes a space.
"""

import unicodedata

from helpdesk.markup import han_variants

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
# Marks that people leave out: accents, points of Hebrew and Arabic, nuktas, tones of an emoji's skin. Vowel signs and
# voicing marks stay.
_DROPPED_RANGES = (
    *((0x0300, 0x036F), (0x0483, 0x0489), (0x0591, 0x05BD), (0x05BF, 0x05C7), (0x0610, 0x061A), (0x064B, 0x065F)),
    *((0x0670, 0x0670), (0x06D6, 0x06ED), (0x0711, 0x0711), (0x0730, 0x074A), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF)),
    *((code, code) for code in (0x093C, 0x09BC, 0x0A3C, 0x0ABC, 0x0B3C, 0x0CBC)),
    *((0x20D0, 0x20FF), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0x1F3FB, 0x1F3FF), (0xE0100, 0xE01EF)),
)
# Characters that are typed as apostrophes: of Hawaiian, Uzbek and Ukrainian, and in transcriptions.
_TYPED_APOSTROPHES = "\u02b9\u02ba\u02bb\u02bc\u02bd\u02be\u02bf"
_KATAKANA = range(0x30A1, 0x30F7)
_KATAKANA_REPEATS = range(0x30FD, 0x30FF)
_ABOVE_HIRAGANA = 0x60
# Symbols, dingbats, arrows and squares in use as emoji, flags, and the planes of emoji.
_EMOJI_RANGES = (
    *((0x231A, 0x231B), (0x23E9, 0x23FA), (0x2600, 0x27BF), (0x2B05, 0x2B07), (0x2B1B, 0x2B1C)),
    *((0x2B50, 0x2B50), (0x2B55, 0x2B55), (0x1F000, 0x1F3FA), (0x1F400, 0x1FAFF)),
)
EMOJI = "".join(f"{chr(first)}-{chr(last)}" for first, last in _EMOJI_RANGES)


class _FoldedCharacters(dict[int, str]):
    """What each character becomes, by code point; computed when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = "".join(map(_fold_part, unicodedata.normalize("NFKD", chr(code)).casefold()))
        self[code] = folded = unicodedata.normalize("NFC", folded)
        return folded


def _fold_part(part: str) -> str:
    if part in _REPLACED:
        return _REPLACED[part]
    code, category = ord(part), unicodedata.category(part)
    if category == "Nd":
        return str(unicodedata.digit(part))
    if category == "Cf" or _is_in(code, _DROPPED_RANGES):
        return ""
    if code in _KATAKANA or code in _KATAKANA_REPEATS:
        return chr(code - _ABOVE_HIRAGANA)
    if han_variants.is_han(part):
        return han_variants.fold_han(part)
    if part in _TYPED_APOSTROPHES:
        return " "
    return part if category[0] in "LNM" or _is_in(code, _EMOJI_RANGES) else " "


def _is_in(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= code <= last for first, last in ranges)


_FOLDED = _FoldedCharacters()


def fold(text: str) -> str:
    """Return ``text`` in the form that is compared; all that is no part of a word becomes a space."""
    return unicodedata.normalize("NFKC", text).translate(_FOLDED)
