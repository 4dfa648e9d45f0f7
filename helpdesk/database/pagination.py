"""Long lists a page at a time, by key: the cost of a page does not grow with its distance from the first."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Integer, Select, and_, bindparam, func, or_, select, tuple_

from helpdesk import extensions
from helpdesk.database.types import UtcDateTime
from helpdesk.extensions import db

PAGE_SIZE = 25


@dataclass(frozen=True, eq=False)
class Order:
    """A total order of rows: columns that are never NULL, each with whether it descends; the last one must be unique."""

    columns: tuple[tuple[Any, bool], ...]


@dataclass(frozen=True)
class Page:
    """Some rows in order, and the cursors of the pages beside them: None where there is none."""

    rows: list
    next: str | None = None
    previous: str | None = None


class PagedQuery:
    """A query and its order, from which any page can be had; its statements are put together once and may be kept."""

    def __init__(self, query: Select, order: Order):
        self.query = query
        self.order = order
        self._has_columns_only = all(told["expr"] is not told["entity"] for told in query.column_descriptions)
        self._statements: dict[tuple[bool, bool], Select] = {}

    def at(self, cursor: str | None = None, size: int = PAGE_SIZE, values: Mapping[str, Any] | None = None) -> Page:
        """The rows at ``cursor`` (from an earlier page; None or nonsense: the first page), at most ``size``.

        ``values`` are those of the query's parameters. A row has the query's own columns first. One database query.
        """
        backwards, keys = _decode_cursor(cursor, self.order)
        keyed = {f"after_{place}": key for place, key in enumerate(keys)}
        ask = extensions.ask if self._has_columns_only else db.session.execute
        rows = ask(self._statement(backwards, bool(keys)), {**(values or {}), **keyed, "most": size + 1}).all()
        there_is_more = len(rows) > size
        rows = rows[:size]
        if backwards:
            rows.reverse()
        if not rows:
            return Page([])
        width = len(self.order.columns)
        first, last = tuple(rows[0])[-width:], tuple(rows[-1])[-width:]
        return Page(
            rows,
            next=_encode_cursor(last, False) if there_is_more or backwards else None,
            previous=_encode_cursor(first, True) if (there_is_more if backwards else bool(keys)) else None,
        )

    def _statement(self, backwards: bool, starts_somewhere: bool) -> Select:
        """One of the four: from the first or the last row, or from a place given by its keys."""
        statement = self._statements.get((backwards, starts_somewhere))
        if statement is None:
            columns = [(column, descends != backwards) for column, descends in self.order.columns]
            statement = self.query.order_by(None)
            if starts_somewhere:
                statement = statement.where(_after_cursor(columns))
            statement = statement.add_columns(*(column.label(f"key_{i}") for i, (column, _) in enumerate(columns)))
            statement = statement.order_by(
                *(column.desc() if descends else column.asc() for column, descends in columns)
            )
            statement = statement.limit(bindparam("most", type_=Integer))
            self._statements[backwards, starts_somewhere] = statement
        return statement


def fetch_page(query: Select, order: Order, cursor: str | None = None, size: int = PAGE_SIZE) -> Page:
    """One page of a query that is asked only once."""
    return PagedQuery(query, order).at(cursor, size)


def count_up_to(query: Select, limit: int = 1000) -> int:
    """How many rows ``query`` has, counting no further than ``limit``, so that it is cheap however many there are."""
    return db.session.scalar(select(func.count()).select_from(query.order_by(None).limit(limit).subquery()))


def _after_cursor(columns: list[tuple[Any, bool]]) -> Any:
    keys = [bindparam(f"after_{place}", type_=column.type) for place, (column, _) in enumerate(columns)]
    if len({descends for _, descends in columns}) == 1:
        row, there = tuple_(*(column for column, _ in columns)), tuple_(*keys)
        return row < there if columns[0][1] else row > there
    ways = []
    for index, ((column, descends), key) in enumerate(zip(columns, keys, strict=True)):
        same = [earlier == value for (earlier, _), value in zip(columns[:index], keys[:index], strict=True)]
        ways.append(and_(*same, column < key if descends else column > key))
    return or_(*ways)


def _encode_cursor(keys: tuple, backwards: bool) -> str:
    values = [key.isoformat() if isinstance(key, datetime) else key for key in keys]
    text = json.dumps([int(backwards), *values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode_cursor(cursor: str | None, order: Order) -> tuple[bool, list]:
    """Whether the cursor points backwards, and its keys; no keys for one that somebody made up."""
    try:
        backwards, *values = json.loads(base64.urlsafe_b64decode((cursor or "") + "=="))
        keys = [_parse_key(column, value) for (column, _), value in zip(order.columns, values, strict=True)]
    except (ValueError, TypeError, OverflowError, binascii.Error, RecursionError):
        return False, []
    return bool(backwards), keys


def _parse_key(column: Any, value: Any) -> Any:
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
