"""Text on one line, as its writer sees it: subjects, and the names of people, organizations and files."""

import re
import unicodedata

JOINERS = "\u200c\u200d"  # parts of words in Persian and the languages of India, and of emoji
_INVISIBLE = {"Cf", "Cs", "Co"}
_SPACES = {"Cc", "Zl", "Zp", "Zs"}
_MARKS = {"Mn", "Me"}  # which are seen on another character only
_BLANK_CHARACTERS = "\u115f\u1160\u2800\u3164\uffa0"
# A joiner behind a Latin, Greek or Cyrillic character, a space or nothing joins nothing.
_USELESS_JOINERS = re.compile(f"(?:(?<![^\\u0000-\\u05ff])[{JOINERS}]+)|(?:[{JOINERS}]+(?= |$))")


def to_one_line(text: str) -> str:
    """Return ``text`` on one line with single spaces, without the characters that nobody sees.

    Those are left out rather than replaced by spaces: a soft hyphen or a zero-width space, copied with the text of a
    web page, is inside a word. What turns the direction of reading is left out, too. Where nothing is left that can be
    seen, the line is empty.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = []
    for sign in text:
        category = unicodedata.category(sign)
        if category in _SPACES:
            kept.append(" " if sign.isspace() else "")
        elif sign in JOINERS or not (category in _INVISIBLE or _is_no_character(sign)):
            kept.append(sign)
    line = _USELESS_JOINERS.sub("", " ".join("".join(kept).split())).strip()
    return line if any(map(_is_visible, line)) else ""


def _is_visible(sign: str) -> bool:
    return sign not in _BLANK_CHARACTERS and not sign.isspace() and unicodedata.category(sign) not in {*_MARKS, "Cf"}


def _is_no_character(sign: str) -> bool:
    """Whether Unicode will never make ``sign`` a character; others that this Python does not know may be new emoji."""
    return ord(sign) & 0xFFFE == 0xFFFE or "\ufdd0" <= sign <= "\ufdef"
