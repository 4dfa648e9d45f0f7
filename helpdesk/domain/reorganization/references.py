"""Point the rows that refer to one person or organization to another, and back, whatever the table.

The tables come from the schema, so that a new one is not forgotten. A row that would be a second one where only one may
be (a follower of the same ticket, the same listed address) stays where it is.
"""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Column, ColumnElement, Table, UniqueConstraint, select, tuple_, update

from helpdesk.extensions import Base, db

Moved = dict[str, list[list[int]]]  # "table.column": the primary keys of the rows, without the column itself
BATCH_SIZE = 500  # rows of one statement


def list_columns(table_name: str, *, except_for: Collection[str] = ()) -> list[Column[int]]:
    """Return the columns that refer to the id of ``table_name``, except those of ``except_for`` ("table" or
    "table.column").
    """
    found = []
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            column = key.parent
            is_left_out = table.name in except_for or f"{table.name}.{column.name}" in except_for
            if key.column.table.name == table_name and key.column.name == "id" and not is_left_out:
                found.append(column)
    return found


def move_rows(columns: Iterable[Column[int]], source_id: int, target_id: int) -> Moved:
    """Let the rows that refer to ``source_id`` refer to ``target_id``. Returns which rows were changed."""
    moved: Moved = {}
    for column in columns:
        condition = (column == source_id) & ~_has_twin(column, target_id)
        keys = [list(row) for row in db.session.execute(select(*_key(column)).where(condition))]
        _set(column, keys, source_id, target_id)
        if keys:
            moved[str(column)] = keys
    db.session.expire_all()
    return moved


def return_rows(moved: Mapping[str, list[list[int]]], source_id: int, target_id: int) -> None:
    """Let the rows that ``move_rows`` changed refer to ``source_id`` again, if they still refer to ``target_id``."""
    for name, keys in moved.items():
        table_name, column_name = name.split(".")
        _set(Base.metadata.tables[table_name].c[column_name], keys, target_id, source_id)
    db.session.expire_all()


def _set(column: Column[int], keys: list[list[int]], old: int, new: int) -> None:
    for start in range(0, len(keys), BATCH_SIZE):
        batch = keys[start : start + BATCH_SIZE]
        changed = update(column.table).where(column == old, _key_condition(column, batch)).values({column.name: new})
        db.session.execute(changed, execution_options={"synchronize_session": False})


def _key(column: Column[int]) -> list[Column[int]]:
    """Return the primary key without ``column``."""
    return [each for each in column.table.primary_key if each is not column]


def _key_condition(column: Column[int], keys: list[list[int]]) -> ColumnElement[bool]:
    columns = _key(column)
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return tuple_(*columns).in_([tuple(key) for key in keys])


def _has_twin(column: Column[int], target_id: int) -> ColumnElement[bool]:
    """Whether a row of the target is the same in everything that must be unique together with ``column``."""
    twin = column.table.alias()
    conditions: ColumnElement[bool] | None = None
    for others in _unique_with(column):
        same = twin.c[column.name] == target_id
        for other in others:
            same &= twin.c[other.name] == other
        exists = select(twin.c[column.name]).where(same).exists()
        conditions = exists if conditions is None else conditions | exists
    return conditions if conditions is not None else column.is_(None)


def _unique_with(column: Column[int]) -> list[list[Column[int]]]:
    """For each rule that makes ``column`` unique together with others: these others."""
    table: Table = column.table
    rules = [list(table.primary_key)]
    rules += [list(rule.columns) for rule in table.constraints if isinstance(rule, UniqueConstraint)]
    rules += [list(index.columns) for index in table.indexes if index.unique]
    return [[each for each in rule if each is not column] for rule in rules if column in rule]
