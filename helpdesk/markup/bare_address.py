"""Where an address in running text ends: before the signs of the sentence around it, in any script."""

import re
import unicodedata

# Full stops, commas and brackets of Chinese and Japanese, behind which the text goes on without a space. Browsers copy
# addresses with these signs encoded.
WIDE_SIGNS = "".join(
    (
        "\u3001\u3002\u3008-\u3011\u3014-\u301b",
        "\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f\uff3b\uff3d\uff5b\uff5d\uff61-\uff64",
    )
)
_WIDE_SIGN = re.compile(f"[{WIDE_SIGNS}]")
_SIGN_CATEGORIES = {"Po", "Ps", "Pe", "Pi", "Pf"}  # not the dashes
_ASCII_SIGNS = ".,;:!?'\""
_ASCII_ENDS = _ASCII_SIGNS + ")]"


def cut_wide_signs(run: str) -> str:
    """Return ``run``, which has no space, up to the first sign of a sentence without spaces, and without the signs
    beyond ASCII at its end: quotation marks, an ellipsis, an Arabic comma.
    """
    if run.isascii():
        return run
    wide = _WIDE_SIGN.search(run)
    run = run[: wide.start()] if wide else run
    end = place = len(run)
    while place and (run[place - 1] in _ASCII_ENDS or _is_sign_beyond_ascii(run[place - 1])):
        place -= 1
        end = end if run[place].isascii() else place
    return run[:end]


def _is_sign_beyond_ascii(character: str) -> bool:
    return not character.isascii() and unicodedata.category(character) in _SIGN_CATEGORIES


def cut_signs(run: str, marks: str = "*_~") -> str:
    """Return ``run``, an address and what follows without a space, without the signs of the sentence around it: also
    ``marks``, and brackets that were opened before it.
    """
    address = cut_wide_signs(run)
    open_count = {end: address.count(begin) - address.count(end) for begin, end in ("()", "[]")}
    while address:
        last = address[-1]
        if last not in _ASCII_SIGNS and last not in marks and open_count.get(last, 0) >= 0:
            break
        address = address[:-1]
        if last in open_count:
            open_count[last] += 1
    return address
