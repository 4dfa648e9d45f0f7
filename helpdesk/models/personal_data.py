"""Declare, for each column that can hold text, what it may say about a person and what erasing them does to it.

Each table has ``personal_data``: either one ``RowDeleted`` for the whole row, or a declaration by the name of the
column. ``domain.privacy.erasure`` reads them; a test fails on a text column that has none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ERASED_NAME = "Erased person"
ERASED_ORGANIZATION = "Erased organization"


@dataclass(frozen=True)
class RowDeleted:
    """The whole row is deleted with the person whose id is in the column ``person``."""

    person: str


@dataclass(frozen=True)
class Erased:
    """The column becomes ``value`` where the column ``person`` has the person's id.

    ``words`` means the content a person wrote: it stays if an admin erases the person but keeps their words.
    """

    person: str
    value: Any = ""
    words: bool = True


@dataclass(frozen=True)
class ErasedBy:
    """The function of this name in ``domain.privacy`` erases it, since no column of the row names the person."""

    function: str


@dataclass(frozen=True)
class Kept:
    """It stays, for this ``reason``, a sentence that the preview and the documentation can show."""

    reason: str


CODE = Kept("It is one of the product's own fixed words.")
COMPANY = Kept("It describes a company and goes when the organization is erased.")
CONFIGURATION = Kept("It belongs to the installation, not to a person.")
OPERATION_DATA = Kept("It has ids, flags and names of companies only.")
IDENTIFIER = Kept("It is a random or derived identifier that says nothing about a person.")

ColumnDeclaration = Erased | ErasedBy | Kept
PersonalData = RowDeleted | Mapping[str, ColumnDeclaration]
