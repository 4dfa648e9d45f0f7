"""SQLite: its settings for each connection, and how its transactions begin."""

import sqlite3
import time
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from helpdesk.database import transactions

SQLITE_LOCK_TIMEOUT = 5.0  # seconds a transaction waits for the write lock
BUSY_TIMEOUT_MS = 5000  # SQLite waits so long by itself, for whatever else is locked
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "foreign_keys=ON",
    f"busy_timeout={BUSY_TIMEOUT_MS}",
    "cache_size=-16000",
)


@event.listens_for(Engine, "connect")
def _prepare_connection(connection: Any, _record: object) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # the driver would otherwise choose when a transaction begins
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    """Take the write lock at once: a transaction that reads first and writes later fails when two meet."""
    if connection.dialect.name != "sqlite":
        return
    if transactions.is_read_only():
        cursor = connection.connection.cursor()  # the driver's own: SQLAlchemy would make as much of it as of a query
        cursor.execute("BEGIN")
        cursor.close()
    else:
        _begin_immediate(connection)


def _begin_immediate(connection: Connection) -> None:
    """BEGIN IMMEDIATE as soon as the write lock is free. Raises OperationalError after SQLITE_LOCK_TIMEOUT.

    SQLite's own waiting looks ever more rarely, in the end ten times a second, so that those who have just come overtake
    those who have waited long. Here it is the other way round.
    """
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA busy_timeout=0")
    try:
        began = time.monotonic()
        while (waited := time.monotonic() - began) < SQLITE_LOCK_TIMEOUT:
            try:
                cursor.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error):
                    break
            time.sleep(max(0.001, 0.008 - waited / 100))
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # once more, for an error of the kind that everybody expects
    finally:
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.close()
