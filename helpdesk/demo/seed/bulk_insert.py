"""Inserts rows as fast as possible: COPY on PostgreSQL, executemany on SQLite.

Triggers and foreign keys are disabled in this transaction only; the search index, which triggers would update, is
written here.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import insert, text

from helpdesk.domain.search_index import entries
from helpdesk.extensions import db
from helpdesk.models.report_day import LAST_UNIT, ReportChange

TABLE_ORDER = (
    "organizations",
    "organization_domains",
    "users",
    "tickets",
    "messages",
    "events",
    "threads",
    "channels",
)


class BulkWriter:
    """Use it with ``with``; leaving it commits, an exception rolls everything back."""

    def __enter__(self) -> "BulkWriter":
        self.is_sqlite = db.engine.dialect.name == "sqlite"
        self.session = db.session
        self.raw = self.session.connection().connection.driver_connection
        self.put_back: list[str] = []
        self.begun = False
        return self

    def __exit__(self, kind, *_) -> None:
        if kind:
            self.session.rollback()
            return
        if self.begun:
            self._end()
        self.session.commit()
        if self.begun:
            self.session.execute(text("ANALYZE"))
            self.session.commit()

    def write(self, model, columns: Sequence[str], rows: list[tuple]) -> None:
        """Add ``rows``, each a value for every one of ``columns``, to the table of ``model``."""
        self._rows(model.__tablename__, columns, rows)

    def search(self, found: Iterable[entries.Entry]) -> None:
        """Add entries to the full-text index."""
        rows = entries.make_rows(found, self.is_sqlite)
        if rows:
            self._rows("ticket_search", tuple(rows[0]), [tuple(row.values()) for row in rows])

    def _rows(self, table: str, columns: Sequence[str], rows: list[tuple]) -> None:
        if not self.begun:
            self._begin()
        if not rows:
            return
        names = ", ".join(columns)
        if self.is_sqlite:
            marks = ", ".join("?" * len(columns))
            self.raw.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608, names are ours
            return
        with self.raw.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def _begin(self) -> None:
        self.begun = True
        self.session.flush()
        if self.is_sqlite:
            # The triggers are dropped and created again in this one transaction.
            self._run("PRAGMA defer_foreign_keys = ON")
            found = self.raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, sql in found:
                self.put_back.append(sql)
                self.raw.execute(f"DROP TRIGGER {name}")
            return
        self._run("SET LOCAL TIME ZONE 'UTC'")
        if self.session.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")):
            self._run("SET LOCAL session_replication_role = replica")
        else:
            for table in ("tickets", "messages"):
                self._run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
                self.put_back.append(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        self._run("SET LOCAL maintenance_work_mem = '512MB'")
        found = self.session.execute(
            text(
                "SELECT indexname, indexdef FROM pg_indexes"
                " WHERE tablename = 'ticket_search' AND indexdef LIKE '%USING gin%'"
            )
        )
        for name, definition in found.all():
            self._run(f"DROP INDEX {name}")
            self.put_back.append(definition)

    def _end(self) -> None:
        everything = {"first_unit": 0, "last_unit": LAST_UNIT, "figures": 1, "properties": 1}
        self.session.execute(insert(ReportChange).values(**everything))  # no trigger has noted what was inserted
        for statement in self.put_back:
            if self.is_sqlite:
                self.raw.execute(statement)
            else:
                self._run(statement)
        if not self.is_sqlite:
            for table in TABLE_ORDER:
                last_id = f"greatest((SELECT max(id) FROM {table}), 1)"  # noqa: S608, names are constants
                self._run(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last_id})")

    def _run(self, statement: str) -> None:
        self.session.connection().exec_driver_sql(statement)
