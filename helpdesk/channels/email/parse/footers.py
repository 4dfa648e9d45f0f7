"""Find what is below somebody's words without being said to anybody: a signature, the line a phone adds, the footer of
a list.
"""

from collections.abc import Sequence

from helpdesk.channels.email.parse import quote_phrases

MAX_SIGNATURE_LINES = 12  # written lines below "--"
_SIGNATURE_RULES = {"--", "—", "– –"}
_LIST_FOOTER_RULES = {"_" * length for length in range(30, 80)}


def strip_footers(cleaned: Sequence[str], numbers: list[int], is_below: bool = False) -> list[int]:
    """Return ``numbers`` (of lines, in order) without the footers at their end; all of them where nothing else is left.

    ``is_below``: the lines are below a quote, where a program puts its footers, so that the first one ends the text.
    """
    written = [number for number in numbers if cleaned[number]]
    if is_below:
        end = next((place for place, n in enumerate(written) if _begins_footer(cleaned[n])), len(written))
        return written[:end]
    end = _find_signature(cleaned, written)
    while end and (quote_phrases.is_device_line(cleaned[written[end - 1]]) or _is_bare_rule(cleaned[written[end - 1]])):
        if _is_bare_rule(cleaned[written[end - 1]]) and end == len(written):
            break  # a line drawn at the very end may be somebody's own
        end -= 1
    if end == 0:
        return numbers
    return [number for number in numbers if number <= written[end - 1]]


def _find_signature(cleaned: Sequence[str], written: list[int]) -> int:
    """Return how many of the written lines are above the last "--" (RFC 3676, section 4.3)."""
    for place in range(len(written) - 1, max(-1, len(written) - MAX_SIGNATURE_LINES - 2), -1):
        if cleaned[written[place]] in _SIGNATURE_RULES:
            return place or len(written)
    return len(written)


def _begins_footer(line: str) -> bool:
    return line in _SIGNATURE_RULES or line in _LIST_FOOTER_RULES or quote_phrases.is_device_line(line)


def _is_bare_rule(line: str) -> bool:
    return quote_phrases.is_rule(line) or line in _SIGNATURE_RULES
