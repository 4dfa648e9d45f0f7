"""SQLite: settings for each connection, and how its transactions begin."""

import logging
import sqlite3
import time
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from helpdesk.database import transactions
from helpdesk.database.fair_lock import FairLock

log = logging.getLogger(__name__)

SQLITE_LOCK_TIMEOUT = 5.0  # seconds a transaction waits for the write lock
BUSY_TIMEOUT_MS = 5000  # SQLite's own busy timeout, for other locks
LOCKED_AT = "helpdesk_write_lock_since"  # in a connection's info
LONG_WRITE_SECONDS = 1.0  # for which a transaction that kept every other writer waiting is logged
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "foreign_keys=ON",
    "secure_delete=ON",  # the default of some builds only: what is erased leaves no bytes
    f"busy_timeout={BUSY_TIMEOUT_MS}",
    "cache_size=-16000",
)

_turn = FairLock()  # to ask for the write lock


@event.listens_for(Engine, "connect")
def _prepare_connection(connection: Any, _record: object) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # the driver would otherwise choose when a transaction begins
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "commit")
@event.listens_for(Engine, "rollback")
def _report_long_write(connection: Connection) -> None:
    """Log a transaction in which every other writer waited long, so that an operator finds what it was."""
    if connection.dialect.name != "sqlite" or connection.invalidated:  # which has no info
        return
    locked_at = connection.info.pop(LOCKED_AT, None)
    if locked_at is not None and (held := time.monotonic() - locked_at) > LONG_WRITE_SECONDS:
        log.warning("A transaction kept all other writers waiting for %.1f s", held)


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    """Take the write lock at once: of two transactions that read first and write later, one would fail."""
    if connection.dialect.name != "sqlite":
        return
    if transactions.is_read_only():
        cursor = connection.connection.cursor()  # cheaper than a statement of SQLAlchemy
        cursor.execute("BEGIN")
        cursor.close()
    else:
        _begin_immediate(connection)


def _begin_immediate(connection: Connection) -> None:
    """Execute BEGIN IMMEDIATE as soon as the write lock is free.

    One thread of a process asks for it at a time, in the order in which they came: many that ask all the time would
    keep the one that has the lock from ending. SQLite's own busy handler polls ever more rarely, in the end ten times a
    second, so that newcomers of other processes overtake those who have waited long. Here the interval becomes shorter
    with the time waited. Raises OperationalError after SQLITE_LOCK_TIMEOUT, or earlier where
    ``transactions.limit_lock_wait`` says so.
    """
    started = time.monotonic()
    timeout = min(SQLITE_LOCK_TIMEOUT, transactions.longest_lock_wait())
    has_turn = _turn.acquire(timeout)
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA busy_timeout=0")
    try:
        while has_turn and (waited := time.monotonic() - started) < timeout:
            try:
                cursor.execute("BEGIN IMMEDIATE")
                connection.info[LOCKED_AT] = time.monotonic()
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error):
                    break
            time.sleep(max(0.001, 0.008 - waited / 100))
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # once more, so that the error is one of SQLAlchemy's
    finally:
        if has_turn:
            _turn.release()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.close()
