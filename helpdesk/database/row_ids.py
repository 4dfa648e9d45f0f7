"""Ids of rows that come from outside, as texts or numbers: only what a BIGINT can store is looked up."""

MAX_ID = 2**63 - 1
MAX_DIGITS = 18  # more may not fit a BIGINT


def parse_id(text: str | None) -> int | None:
    """Return the id of a row in ``text``; None if it has other characters than digits or does not fit a BIGINT."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS else None


def is_id(number: int) -> bool:
    """Whether ``number`` can be the id of a row."""
    return 0 < number <= MAX_ID
