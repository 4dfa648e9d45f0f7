"""The direction of names in a sentence (Unicode's bidirectional algorithm, UAX 9)."""

import unicodedata

from helpdesk.translation.current import current_catalogue

FIRST_STRONG_ISOLATE, END_OF_ISOLATE = "\u2068", "\u2069"
RIGHT_TO_LEFT = {"R", "AL"}


def isolate(text: str) -> str:
    """Return ``text`` so that its direction and its signs do not reorder the sentence in which it is.

    Unchanged where it is written from left to right, as the sentence is.
    """
    text = str(text)
    is_needed = current_catalogue.get().language.direction == "rtl" or (
        not text.isascii() and any(unicodedata.bidirectional(character) in RIGHT_TO_LEFT for character in text)
    )
    return f"{FIRST_STRONG_ISOLATE}{text}{END_OF_ISOLATE}" if is_needed else text
