"""Write what has changed of a loaded row in one statement, without a flush of the session.

A flush looks at each relationship of the row and sorts what has to be written; for the one row that every reply
changes, that costs twice the statement. ``docs/performance.md`` has the numbers.
"""

from typing import Any

from sqlalchemy import ColumnElement, Update, bindparam, inspect, update
from sqlalchemy.orm import make_transient, make_transient_to_detached

from helpdesk.database.built_once import built_once
from helpdesk.extensions import Model, db

ROW_ID = "id_of_row"


def write_changes(row: Model) -> None:
    """Write the changed columns of ``row``, which stays loaded; what the database computes is read back.

    Where a relationship of it has changed, too, and within a savepoint, after whose end the object would not be read
    anew, the session is flushed.
    """
    state = inspect(row)
    columns, relationships, unchanged = state.mapper.columns.keys(), state.mapper.relationships.keys(), state.unmodified
    names = tuple(name for name in columns if name not in unchanged)
    if db.session().in_nested_transaction() or not unchanged.issuperset(relationships):
        db.session.flush()
        return
    if not names:
        return
    values = {name: getattr(row, name) for name in names}
    computed = tuple((name, value) for name, value in values.items() if isinstance(value, ColumnElement))
    statement = _update_statement(type(row), names, computed)
    plain = {name: value for name, value in values.items() if not isinstance(value, ColumnElement)}
    result = db.session.connection().execute(statement, plain | {ROW_ID: row.id})  # type: ignore[attr-defined]
    vars(row).update(result.one()._mapping if computed else {})
    # As an object that was just loaded has no changes: there is no other public way to say so.
    db.session.expunge(row)
    make_transient(row)
    make_transient_to_detached(row)
    db.session.add(row)


@built_once()
def _update_statement(
    model: type[Model], names: tuple[str, ...], computed: tuple[tuple[str, ColumnElement[Any]], ...]
) -> Update:
    """The statement for these columns; ``computed``: expressions, the same object for each request."""
    table = model.__table__
    values: dict[str, Any] = {name: bindparam(name) for name in names} | dict(computed)
    statement = update(table).where(table.c.id == bindparam(ROW_ID)).values(values)
    return statement.returning(*(table.c[name] for name, _ in computed)) if computed else statement
