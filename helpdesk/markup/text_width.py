"""How many columns a text takes where every character is equally wide, as in code and in a terminal."""

import unicodedata
from functools import lru_cache

_NO_WIDTH = {"Mn", "Me", "Cf"}  # marks on the character before, and signs that are not seen
_JOINER, _AS_PICTURE = "\u200d", "\ufe0f"
_TONES = ("\U0001f3fb", "\U0001f3ff")  # of the emoji before, first and last
_JAMO = ("\u1160", "\u11ff")  # vowels and ends of a Korean syllable that is written in parts


def measure_width(text: str) -> int:
    """Return the columns of ``text``: two for each character that Unicode's annex 11 calls wide, and one for an emoji
    of several characters as for one.
    """
    if text.isascii():
        return len(text)
    if _JOINER not in text and _AS_PICTURE not in text:
        return sum(map(_character_width, text))
    width, last = 0, ""
    for character in text:
        if character == _AS_PICTURE:
            width += bool(last) and _character_width(last) == 1
        elif last != _JOINER:
            width += _character_width(character)
        last = character
    return width


@lru_cache(maxsize=4096)
def _character_width(character: str) -> int:
    if unicodedata.category(character) in _NO_WIDTH or _is_part(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _is_part(character: str) -> bool:
    return _TONES[0] <= character <= _TONES[1] or _JAMO[0] <= character <= _JAMO[1]
