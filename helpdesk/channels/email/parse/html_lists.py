"""HTML's lists while they are read, and the numbers and letters that a browser shows before their items."""

import re
from dataclasses import dataclass, field

from helpdesk.markup import document
from helpdesk.markup.document import Block

_LETTER_STYLES = {"lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A"}
_LETTER_STYLES |= {"lower-roman": "i", "upper-roman": "I"}
_CSS = re.compile(r"list-style(?:-type)?\s*:[^;]{0,40}?\b((?:lower|upper)-(?:alpha|latin|roman))", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,9}")
_ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
MAX_ROMAN = 39


@dataclass
class Container:
    """An open quote, list or item; ``tag`` is what closes it. ``counted``: it is a block of its own, not one too deep
    or a plain <div> inside a quote; ``depth``: how many of those are open. ``letters``: of a list of bullets that begin
    with them, ``number`` the next.
    """

    tag: str
    blocks: list[Block]
    items: list[list[Block]] = field(default_factory=list)
    start: int | None = None
    counted: bool = True
    letters: str = ""
    number: int = 1
    depth: int = 1
    is_in_list: bool = False
    is_implied: bool = False  # a list of items that stand in none
    is_in_quote: bool = False  # one that a <div> made

    @property
    def target(self) -> list[Block]:
        """Where a block goes that is read now: in a list, what stands between two items belongs to the first."""
        is_between = self.tag in {"ul", "ol"} and self.counted and self.items
        return self.items[-1] if is_between else self.blocks

    def make_inner(self, tag: str, blocks: list[Block], start: int | None = None, counted: bool = True) -> "Container":
        """Return a container inside this one."""
        inner = Container(tag, blocks, start=start, counted=counted)
        inner.depth = self.depth + (counted and tag != "li")
        inner.is_in_list = self.is_in_list or tag in {"ul", "ol"}
        inner.is_in_quote = self.is_in_quote or (counted and tag == "div")
        return inner


def read_number(value: str) -> int | None:
    """Return the number in an attribute, None for no number that can stay."""
    return int(value) if _NUMBER.fullmatch(value.strip()) else None


def read_letters(attributes: dict[str, str]) -> str:
    """Return how a list counts: "a", "A", "i" or "I" for letters and Roman numbers, "" for numbers."""
    if attributes.get("type", "") in {"a", "A", "i", "I"}:
        return attributes["type"]
    match = _CSS.search(attributes.get("style", ""))
    return _LETTER_STYLES[match[1].lower()] if match else ""


def write_letters(number: int, letters: str) -> str:
    """Return what stands before item ``number`` of a list that counts in ``letters``, such as "c. "."""
    if letters in {"a", "A"} and 1 <= number <= 26:
        return f"{chr(ord(letters) + number - 1)}. "
    if letters in {"i", "I"} and 1 <= number <= MAX_ROMAN:
        found = ""
        for value, sign in _ROMAN:
            while number >= value:
                found, number = found + sign, number - value
        return f"{found.upper() if letters == 'I' else found}. "
    return f"{number}. "


def are_tight(items: list[list[Block]]) -> bool:
    """Return whether no item has several paragraphs, so that no empty lines are between them."""
    return not any(
        sum(isinstance(block, document.Paragraph | document.Heading) for block in item) > 1 for item in items
    )
