"""Keyset pagination: the cost of a page does not grow with its distance from the first page."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, or_, select, tuple_, union_all

from helpdesk.database import kept_plan, transactions
from helpdesk.database.types import UtcDateTime
from helpdesk.extensions import db

PAGE_SIZE = 25


@dataclass(frozen=True, eq=False)
class Order:
    """A total order of rows: columns that are never NULL, each with whether it descends. The last one is unique."""

    columns: tuple[tuple[Any, bool], ...]


@dataclass(frozen=True)
class Page:
    """Rows in order, and the cursors of the next and the previous page: None where there is none."""

    rows: list[Any]
    next: str | None = None
    previous: str | None = None


class PagedQuery:
    """A query with its order. Its SQL statements are built once and reused for every page.

    ``parts``: queries of the order's last column that have no row in common. Then a page is of the rows of ``query``
    that any of them finds, and each is read by the index that serves it no further than a page. ``keeps_plan``: one
    index serves it for all values, so that PostgreSQL need not plan each page (``kept_plan``).
    """

    def __init__(self, query: Select, order: Order, parts: Sequence[Select] = (), keeps_plan: bool = False):
        self.query = query
        self.order = order
        self.parts = parts
        self.keeps_plan = keeps_plan
        self._has_columns_only = all(column["expr"] is not column["entity"] for column in query.column_descriptions)
        self._statements: dict[tuple[bool, bool, int], Select] = {}

    def fetch_page(
        self,
        cursor: str | None = None,
        size: int = PAGE_SIZE,
        values: Mapping[str, Any] | None = None,
        is_planned_anew: bool = False,
    ) -> Page:
        """Fetch the page at ``cursor``: one of an earlier page; None or an invalid one means the first page.

        A page has ``size`` rows at most. ``values`` are the values of the query's parameters. The query's own columns
        come first in a row. ``is_planned_anew``: see ``transactions.execute_core``. One database query.
        """
        backwards, keys = _decode_cursor(cursor, self.order)
        key_values = {f"after_{position}": key for position, key in enumerate(keys)}
        statement = self._statement(backwards, bool(keys), size + 1)
        parameters = {**(values or {}), **key_values, "most": size + 1}
        if self._has_columns_only:
            rows = transactions.execute_core(statement, parameters, is_planned_anew).all()
        else:
            options: dict[str, Any] = {transactions.PLANNED_ANEW: is_planned_anew}
            rows = db.session.execute(statement, parameters, execution_options=options).all()
        has_more = len(rows) > size
        rows = rows[:size]
        if backwards:
            rows.reverse()
        if not rows:
            return Page([])
        width = len(self.order.columns)
        first, last = tuple(rows[0])[-width:], tuple(rows[-1])[-width:]
        return Page(
            rows,
            next=_encode_cursor(last, False) if has_more or backwards else None,
            previous=_encode_cursor(first, True) if (has_more if backwards else bool(keys)) else None,
        )

    def _statement(self, backwards: bool, has_cursor: bool, most: int) -> Select:
        """Return one of four statements: forwards or backwards, from the end of the list or from a cursor.

        There are four for each ``most`` where it is a part of the statement.
        """
        limit = kept_plan.fixed_limit(most) if self.keeps_plan else bindparam("most", type_=Integer)
        key = (backwards, has_cursor, most if self.keeps_plan else 0)
        statement = self._statements.get(key)
        if statement is None:
            columns = [(column, descends != backwards) for column, descends in self.order.columns]
            statement = self.query.order_by(None)
            if self.parts:
                pages = [_limit(part, columns, has_cursor, limit).subquery() for part in self.parts]
                statement = statement.where(columns[-1][0].in_(union_all(*(select(*page.c) for page in pages))))
            statement = statement.add_columns(*(column.label(f"key_{i}") for i, (column, _) in enumerate(columns)))
            statement = _limit(statement, columns, has_cursor, limit)
            self._statements[key] = statement
        return statement


def fetch_page(query: Select, order: Order, cursor: str | None = None, size: int = PAGE_SIZE) -> Page:
    """Fetch one page of a query that is used only once."""
    return PagedQuery(query, order).fetch_page(cursor, size)


def _limit(statement: Select, columns: list[tuple[Any, bool]], has_cursor: bool, limit: ColumnElement[int]) -> Select:
    if has_cursor:
        statement = statement.where(_after_cursor(columns))
    statement = statement.order_by(*(column.desc() if descends else column.asc() for column, descends in columns))
    return statement.limit(limit)


def _after_cursor(columns: list[tuple[Any, bool]]) -> Any:
    keys = [bindparam(f"after_{position}", type_=column.type) for position, (column, _) in enumerate(columns)]
    if len({descends for _, descends in columns}) == 1:
        row, cursor_row = tuple_(*(column for column, _ in columns)), tuple_(*keys)
        return row < cursor_row if columns[0][1] else row > cursor_row
    alternatives = []
    for index, ((column, descends), key) in enumerate(zip(columns, keys, strict=True)):
        equal_before = [earlier == value for (earlier, _), value in zip(columns[:index], keys[:index], strict=True)]
        alternatives.append(and_(*equal_before, column < key if descends else column > key))
    return or_(*alternatives)


def _encode_cursor(keys: tuple[Any, ...], backwards: bool) -> str:
    values = [key.isoformat() if isinstance(key, datetime) else key for key in keys]
    text = json.dumps([int(backwards), *values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode_cursor(cursor: str | None, order: Order) -> tuple[bool, list[Any]]:
    """Return whether the cursor points backwards, and its keys; no keys for an invalid cursor."""
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
            raise ValueError("a time without a time zone")
        return moment.astimezone(UTC)
    expected = column.type.python_type
    if expected is float and isinstance(value, int):
        value = float(value)
    if not isinstance(value, expected) or isinstance(value, bool):
        raise ValueError("a cursor of another list")
    if expected is str and b"\x00" in value.encode():  # encode() raises ValueError for a lone surrogate
        raise ValueError("a NUL character")
    if expected is int and not -(2**63) < value < 2**63:
        raise ValueError("out of range")
    return value
