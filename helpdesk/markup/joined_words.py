"""Words that are also written as one: O'Brien and OBrien, e-mail and email, 1,000 and 1000, U.S.A. and USA.

A joiner is a single sign between two characters of words: an apostrophe, hyphen, full stop, middle dot, underscore or
ampersand, between digits also a comma or a narrow space, and between single characters a slash.
"""

import re
from collections.abc import Iterator

# As people and programs type apostrophes, also in place of characters (Hawaiʻi), and Hebrew signs of abbreviation.
APOSTROPHES = "'’‘‛`´′＇\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u055a\u05f3"
_OTHERS = "&_\\-\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d\u058a\u05be.·‧\u30fb\uff65\u30a0＝\u05f4"
_NO_WORD = r"\s!-/:-@\[-`{-~"
_NARROW_SPACES = "\u00a0\u2009\u202f"
_AFTER_WORD = rf"(?<=[^{_NO_WORD}][{APOSTROPHES}{_OTHERS}])(?=[^{_NO_WORD}])"
_BETWEEN_DIGITS = rf"(?<=\d[,{_NARROW_SPACES}\u066c])(?=\d)"
_BETWEEN_SINGLE = r"(?<=\b[^\W\d_]/)(?=[^\W\d_]\b)"  # n/a, c/o
_HEBREW_QUOTE = '(?<=[\u05d0-\u05ea]")(?=[\u05d0-\u05ea])'
# The sign comes first, what is around it after: so a text is passed over quickly where it has no such sign.
JOINER_PATTERN = re.compile(
    rf"[{APOSTROPHES}{_OTHERS},{_NARROW_SPACES}\u066c/\"]"
    rf"(?:{_AFTER_WORD}|{_BETWEEN_DIGITS}|{_BETWEEN_SINGLE}|{_HEBREW_QUOTE})"
)
# Pieces of a text; a narrow space does not end one, since it may stand in a number.
PIECES_PATTERN = re.compile(r"(?:[^\s]|(?<=\d)[\u00a0\u2009\u202f](?=\d))+")


def list_joined_pieces(text: str) -> Iterator[tuple[int, str]]:
    """Yield the pieces of ``text`` that have a joiner, each with its start."""
    end = 0
    while joiner := JOINER_PATTERN.search(text, end):
        place = joiner.start()
        first = max(end, text.rfind(" ", end, place) + 1)  # an ordinary space always ends a piece
        for match in PIECES_PATTERN.finditer(text, first):
            end = match.end()
            if place < end:
                yield match.start(), match.group()
                break


def remove_joiners(piece: str) -> tuple[str, list[int]]:
    """Return ``piece`` without its joiners, and the place of each of its characters in ``piece``."""
    removed = {match.start() for match in JOINER_PATTERN.finditer(piece)}
    kept = [place for place in range(len(piece)) if place not in removed]
    return "".join(piece[place] for place in kept), kept
