"""A cursor of psycopg that describes the columns of a result only where somebody reads the description.

psycopg makes an object for each column of every result. SQLAlchemy reads them when it executes a statement for the
first time; after that they took a quarter of the time in which the session of a request is loaded.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, overload

from psycopg import Column, Cursor


class LazyDescription(Sequence[Column]):
    """The columns of the result that a cursor is at, made when the first of them is read."""

    def __init__(self, read_columns: Callable[[], list[Column] | None]) -> None:
        self._read_columns = read_columns

    @cached_property
    def _columns(self) -> list[Column]:
        return self._read_columns() or []

    def __len__(self) -> int:
        return len(self._columns)

    def __iter__(self) -> Iterator[Column]:
        return iter(self._columns)

    @overload
    def __getitem__(self, index: int) -> Column: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Column]: ...
    def __getitem__(self, index: int | slice) -> Column | Sequence[Column]:
        return self._columns[index]


class LazilyDescribedCursor(Cursor[Any]):
    """A cursor for ``cursor_factory`` of psycopg's connections."""

    @property
    def description(self) -> Any:
        """The columns of the result; None of a statement that returns no rows."""
        if self.pgresult is None or not self.pgresult.nfields:
            return super().description
        return LazyDescription(lambda: super(LazilyDescribedCursor, self).description)
