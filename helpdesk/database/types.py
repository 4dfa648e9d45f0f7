"""Column types and shorthands that every table uses."""

from datetime import UTC, datetime
from typing import Annotated

from sqlalchemy import BigInteger, DateTime, Index, Integer, text
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator

from helpdesk import clock

MAX_SUBJECT_LENGTH = 200
INLINE_IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})  # shown as pictures


class UtcDateTime(TypeDecorator):
    """An aware datetime in UTC on every database; SQLite itself knows no zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value, dialect):
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value

    def result_processor(self, dialect, coltype):
        """SQLite's texts are read in one step: a page has a hundred times in it."""
        return _parse_sqlite_datetime if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _parse_sqlite_datetime(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text + "+00:00")


BigId = BigInteger().with_variant(Integer, "sqlite")
Id = Annotated[int, mapped_column(BigId, primary_key=True)]
Time = Annotated[datetime, mapped_column(UtcDateTime)]
Created = Annotated[datetime, mapped_column(UtcDateTime, default=clock.now)]


def one_of_condition(column: str, words) -> str:
    """The SQL of a check that ``column`` holds one of ``words``."""
    return f"{column} IN ({', '.join(repr(str(word)) for word in words)})"


def partial_index_not_null(table: str, column: str) -> Index:
    """Of the few rows where ``column`` is not empty: SQLite would sooner read the whole table than an index that is mostly NULL."""
    few = text(f"{column} IS NOT NULL")
    return Index(f"ix_{table}_{column}", column, sqlite_where=few, postgresql_where=few)
