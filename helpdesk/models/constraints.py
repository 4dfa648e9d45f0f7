"""Replacing a CHECK constraint in a migration, on both databases.

SQLite has no ALTER TABLE for it, and creating the table again would break the rows that refer to it. For changes that
only widen or drop a constraint its documentation recommends to edit the table's text in the schema
(https://sqlite.org/lang_altertable.html, section 7).
"""

from sqlalchemy import Connection, text


def replace_check(connection: Connection, table: str, name: str, condition: str | None) -> None:
    """Make ``condition`` the CHECK constraint ``name`` of ``table``; None drops the constraint.

    SQLite does not check existing rows against it, so it must allow every value that they contain.

    Raises ValueError and changes nothing if the end of the constraint's text cannot be found.
    """
    if connection.dialect.name == "sqlite":
        _edit_sqlite_schema(connection, table, name, condition)
        return
    connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}"))
    if condition is not None:
        connection.execute(text(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})"))


def _edit_sqlite_schema(connection: Connection, table: str, name: str, condition: str | None) -> None:
    where = {"table": table}
    old = connection.execute(
        text("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = :table"), where
    ).scalar_one()
    new = _without_check(old, name)
    if condition is not None:
        new = f"{new.rstrip()[:-1].rstrip()}, CONSTRAINT {name} CHECK ({condition})\n)"
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        text("UPDATE sqlite_schema SET sql = :sql WHERE type = 'table' AND name = :table"), where | {"sql": new}
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {int(version) + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")


def _without_check(sql: str, name: str) -> str:
    start = sql.find(f"CONSTRAINT {name} CHECK (")
    if start < 0:
        return sql
    end = sql.index("(", start)
    depth = 0
    for index in range(end, len(sql)):
        depth += {"(": 1, ")": -1}.get(sql[index], 0)
        if depth == 0:
            before = sql[:start].rstrip()
            if not before.endswith(","):
                raise ValueError(f"{name} is the first thing in its table")
            return before[:-1] + sql[index + 1 :]
    raise ValueError(f"{name} does not end")
