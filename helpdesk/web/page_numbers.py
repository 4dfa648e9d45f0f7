"""Which page of a list its reader is on. Lists are paged by key, so the links to other pages carry the number."""

from dataclasses import dataclass

from flask import request

from helpdesk.database.pagination import PAGE_SIZE

MAX_DIGITS = 6


@dataclass(frozen=True)
class PageNumber:
    """The number of a page, None if the address has a cursor without one; of how many, None if that is not known."""

    number: int | None
    count: int | None = None

    @property
    def next(self) -> str:
        """What the address of the next page says, or nothing."""
        return str(self.number + 1) if self.number else ""

    @property
    def previous(self) -> str:
        """What the address of the page before says, or nothing."""
        return str(self.number - 1) if self.number and self.number > 1 else ""


def read_page_number(rows: int | None, most: int) -> PageNumber:
    """Return the page asked for. ``rows``: of the whole list, which are counted up to ``most``."""
    count = None if rows is None or rows >= most else max(1, -(-rows // PAGE_SIZE))
    text = request.args.get("page", "")
    is_number = text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS
    number = 1 if not request.args.get("after") else int(text) if is_number and int(text) else None
    return PageNumber(number, count if number and count and number <= count else None)
