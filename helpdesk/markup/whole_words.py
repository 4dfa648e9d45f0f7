"""Whether a text has a word as a whole, in scripts with spaces between words and in those without."""

import re
import unicodedata

from helpdesk.markup.search_words import UNSPACED

CHARACTER = f"[^\\W{UNSPACED}]"  # part of a word of a script that has spaces between words
_UNSPACED_PATTERN = re.compile(f"[{UNSPACED}]")


def fold(text: str) -> str:
    """Return ``text`` for comparing: without case, wide forms and curly apostrophes."""
    return unicodedata.normalize("NFKC", text).casefold().replace("’", "'")


def contains_word(folded: str, word: str) -> bool:
    """Whether ``word`` (also several) stands in ``folded``, not as a part of a longer word.

    Beside Han, kana, Thai and the like there is no end of a word to see: "返品" is in "返品したい", "VPN" in
    "VPNが".
    """
    wanted = fold(word)
    if not wanted:
        return False
    before = "" if _UNSPACED_PATTERN.match(wanted[0]) else f"(?<!{CHARACTER})"
    behind = "" if _UNSPACED_PATTERN.match(wanted[-1]) else f"(?!{CHARACTER})"
    return re.search(f"{before}{re.escape(wanted)}{behind}", folded) is not None
