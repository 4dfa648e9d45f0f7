"""Ids of rows, and numbers of a timeline, that come from outside: only what their columns can store is looked up."""

MAX_ID = 2**63 - 1
MAX_DIGITS = 18  # more may not fit a BIGINT
MAX_SEQ = 2**31 - 1


def parse_id(text: str | None) -> int | None:
    """Return the id of a row in ``text``; None if it has other characters than digits or does not fit a BIGINT."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS else None


def is_id(number: int) -> bool:
    """Whether ``number`` can be the id of a row."""
    return 0 < number <= MAX_ID


def parse_seq(text: str | None) -> int | None:
    """Return the number of a timeline in ``text``; None if it has other characters than digits or is beyond MAX_SEQ."""
    number = parse_id(text)
    return number if number is not None and number <= MAX_SEQ else None
