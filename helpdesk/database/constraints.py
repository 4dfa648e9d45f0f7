"""Why a database refused a row."""

import sqlite3

from sqlalchemy.exc import IntegrityError

# PostgreSQL: Appendix A of its manual; SQLite: its list of extended result codes.
CONFLICT_STATES = {"23505", "23503", "23P01"}
CONFLICT_NAMES = {
    "SQLITE_CONSTRAINT_UNIQUE",
    "SQLITE_CONSTRAINT_PRIMARYKEY",
    "SQLITE_CONSTRAINT_ROWID",
    "SQLITE_CONSTRAINT_FOREIGNKEY",
}


def is_conflict(error: IntegrityError) -> bool:
    """Whether another row has the same key, or a row that this one belongs to is gone: somebody else was first.

    A row that breaks any other constraint is a mistake of ours.
    """
    driver_error = error.orig
    if isinstance(driver_error, sqlite3.Error):
        return driver_error.sqlite_errorname in CONFLICT_NAMES
    return getattr(driver_error, "sqlstate", None) in CONFLICT_STATES
