"""Long lists a page at a time, by key: the cost of a page does not grow with its distance from the first."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, tuple_

from helpdesk.extensions import db
from helpdesk.models.columns import UtcDateTime

SIZE = 25


@dataclass(frozen=True)
class Order:
    """A total order of rows: columns that are never NULL, each with whether it descends; the last one must be unique."""

    columns: tuple[tuple[Any, bool], ...]


@dataclass(frozen=True)
class Page:
    """Some rows in order, and the cursors of the pages beside them: None where there is none."""

    rows: list
    next: str | None = None
    previous: str | None = None

    def with_rows(self, rows: list) -> "Page":
        """The same place in the list, with other things standing for its rows."""
        return Page(rows, self.next, self.previous)


def page(query: Select, order: Order, cursor: str | None = None, size: int = SIZE) -> Page:
    """The rows of ``query`` at ``cursor`` (from an earlier page; None or nonsense: the first page), at most ``size``.

    A row has the query's own columns first. One database query.
    """
    backwards, keys = _read_cursor(cursor, order)
    columns = [(column, descends != backwards) for column, descends in order.columns]
    query = query.order_by(None)
    if keys:
        query = query.where(_beyond(columns, keys))
    query = query.add_columns(*(column.label(f"key_{i}") for i, (column, _) in enumerate(order.columns)))
    query = query.order_by(*(column.desc() if descends else column.asc() for column, descends in columns))
    rows = list(db.session.execute(query.limit(size + 1)))
    there_is_more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    if not rows:
        return Page([])
    width = len(order.columns)
    first, last = tuple(rows[0])[-width:], tuple(rows[-1])[-width:]
    return Page(
        rows,
        next=_write_cursor(last, False) if there_is_more or backwards else None,
        previous=_write_cursor(first, True) if (there_is_more if backwards else bool(keys)) else None,
    )


def count(query: Select, limit: int = 1000) -> int:
    """How many rows ``query`` has, counting no further than ``limit``, so that it is cheap however many there are."""
    return db.session.scalar(select(func.count()).select_from(query.order_by(None).limit(limit).subquery()))


def _beyond(columns: list[tuple[Any, bool]], keys: list) -> Any:
    if len({descends for _, descends in columns}) == 1:
        row = tuple_(*(column for column, _ in columns))
        there = tuple_(*keys, types=[column.type for column, _ in columns])
        return row < there if columns[0][1] else row > there
    ways = []
    for index, ((column, descends), key) in enumerate(zip(columns, keys, strict=True)):
        same = [earlier == value for (earlier, _), value in zip(columns[:index], keys[:index], strict=True)]
        ways.append(and_(*same, column < key if descends else column > key))
    return or_(*ways)


def _write_cursor(keys: tuple, backwards: bool) -> str:
    values = [key.isoformat() if isinstance(key, datetime) else key for key in keys]
    text = json.dumps([int(backwards), *values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str | None, order: Order) -> tuple[bool, list]:
    """Whether the cursor points backwards, and its keys; no keys for one that somebody made up."""
    try:
        backwards, *values = json.loads(base64.urlsafe_b64decode((cursor or "") + "=="))
        keys = [_as_key(column, value) for (column, _), value in zip(order.columns, values, strict=True)]
    except (ValueError, TypeError, OverflowError, binascii.Error, RecursionError):
        return False, []
    return bool(backwards), keys


def _as_key(column: Any, value: Any) -> Any:
    if isinstance(column.type, UtcDateTime):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("a time without a zone")
        return moment.astimezone(UTC)
    expected = column.type.python_type
    if expected is float and isinstance(value, int):
        value = float(value)
    if not isinstance(value, expected) or isinstance(value, bool):
        raise ValueError("another kind of list's cursor")
    if expected is str and b"\x00" in value.encode():  # which raises ValueError for half a character
        raise ValueError("no database knows this character")
    if expected is int and not -(2**63) < value < 2**63:
        raise ValueError("out of range")
    return value
