"""Store a new row in one statement, and have it as a loaded object, without a flush of the session.

A flush sorts all pending objects, looks for each one's changes and writes them class by class; for the one new row that
a request adds, that costs several times the statement. ``docs/performance.md`` has the numbers.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Insert, Row
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import make_transient_to_detached

from helpdesk.database.built_once import built_once
from helpdesk.extensions import Model, db


def insert_unless_exists(
    new: Model, unique: Sequence[str], also: tuple[ColumnElement[Any], ...] = ()
) -> Row[*tuple[Any, ...]] | None:
    """Insert ``new``, which has values for columns only, unless a row with the same ``unique`` columns exists.

    Returns the new row's id and the values of ``also``, expressions that are read in the same statement; None if the
    row exists already, then ``new`` is not to be used. Another transaction that inserts the same row is waited for.
    Columns without a value get their defaults. Pending changes of the session are not flushed.
    """
    model, values = type(new), vars(new)
    for name, make_default in _defaults(model):
        if name not in values:
            setattr(new, name, make_default())
    connection = db.session.connection()
    statement = _insert_statement(model, tuple(unique), also, connection.dialect.name)
    row = connection.execute(statement, {name: values[name] for name, _ in _defaults(model)}).first()
    if row is None:
        return None
    new.id = row.id  # type: ignore[attr-defined]
    make_transient_to_detached(new)
    db.session.add(new)
    return row


@lru_cache
def _defaults(model: type[Model]) -> tuple[tuple[str, Callable[[], Any]], ...]:
    """Each column but the id, with what makes its value where none is given."""
    return tuple((column.key, _make_default(column.default)) for column in model.__table__.c if not column.primary_key)


def _make_default(default: Any) -> Callable[[], Any]:
    if default is None:
        return lambda: None
    if default.is_callable:
        return lambda: default.arg(None)
    return lambda: default.arg


@built_once()
def _insert_statement(
    model: type[Model], unique: tuple[str, ...], also: tuple[ColumnElement[Any], ...], dialect: str
) -> Insert:
    insert = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[dialect](model.__table__)
    return insert.on_conflict_do_nothing(index_elements=list(unique)).returning(model.__table__.c.id, *also)
