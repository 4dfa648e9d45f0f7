"""Texts compared in any case.

SQLite, and PostgreSQL with the locale C, know upper and lower case of the characters A to Z only.
"""

from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import InstrumentedAttribute


def contains_text(column: InstrumentedAttribute[Any], text: str) -> ColumnElement[bool]:
    """Whether ``column`` has ``text`` in it, also all in upper or lower case, or with a capital at each word."""
    return or_(*(column.icontains(each, autoescape=True) for each in sorted(list_cases(text))))


def list_cases(text: str) -> set[str]:
    """Return ``text`` in the cases that databases do not know to be the same."""
    return {text} if text.isascii() else {text, text.lower(), text.upper(), text.title()}
