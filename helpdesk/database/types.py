"""Column types, and helpers for tables and for the results of statements."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, CursorResult, DateTime, Dialect, Index, Integer, Result, text
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator, UserDefinedType

from helpdesk import clock


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC on every database; SQLite stores no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        """The function that parses a stored value: a page may contain a hundred times.

        SQLite's text takes one step, and what PostgreSQL's driver returns is aware.
        """
        return _parse_sqlite_datetime if dialect.name == "sqlite" else None


def _parse_sqlite_datetime(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text + "+00:00")


class ArrayText(UserDefinedType[str]):
    """An array of PostgreSQL, given as its text ``{1,2}``: of a list the driver converts each item by itself."""

    cache_ok = True
    render_bind_cast = True  # read by SQLAlchemy: the parameter is of this type, not a text

    def __init__(self, item_type: str):
        self.item_type = item_type

    def get_col_spec(self, **_: Any) -> str:
        return f"{self.item_type}[]"


BigId = BigInteger().with_variant(Integer, "sqlite")
Id = Annotated[int, mapped_column(BigId, primary_key=True)]
Time = Annotated[datetime, mapped_column(UtcDateTime)]
Created = Annotated[datetime, mapped_column(UtcDateTime, default=clock.now)]


def affected_rows(result: Result[*tuple[Any, ...]]) -> int:
    """Return the number of rows that an UPDATE or DELETE without RETURNING changed."""
    assert isinstance(result, CursorResult)
    return result.rowcount


def one_of_condition(column: str, values: Iterable[str]) -> str:
    """SQL of a CHECK constraint: ``column`` contains one of ``values``."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


def partial_index_not_null(table: str, column: str) -> Index:
    """Index of the rows where ``column`` is not NULL.

    SQLite reads the whole table instead of using an index whose entries are mostly NULL.
    """
    is_not_null = text(f"{column} IS NOT NULL")
    return Index(f"ix_{table}_{column}", column, sqlite_where=is_not_null, postgresql_where=is_not_null)
