"""What an error of the database means: it does not answer, or it may only be read; and attempts until it answers."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from helpdesk import outage_log
from helpdesk.extensions import db

# InternalError is what psycopg raises for class 25 of SQLSTATE, among them 25006: the database may only be read.
UNAVAILABLE_ERRORS = (OperationalError, InterfaceError, InternalError, PoolTimeout)
READ_ONLY_STATE = "25006"
PATIENCE_SECONDS = 30.0  # until something that is known is given up
PAUSE_SECONDS = 0.5  # between two attempts
STATEMENT_WORDS = 3  # enough to tell which statement it was

Returned = TypeVar("Returned")
log = logging.getLogger(__name__)


def is_read_only_error(error: BaseException) -> bool:
    """Whether the database refused a write because it may only be read: a replica, or one under maintenance."""
    original = getattr(error, "orig", error)
    if getattr(original, "sqlstate", None) == READ_ONLY_STATE:
        return True
    return "attempt to write a readonly database" in str(original)


def describe_error(error: BaseException) -> str:
    """Return the cause in one line, without the statement and its values."""
    original = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    lines = [line.strip() for line in str(original).strip().splitlines() if line.strip()]
    return f"{type(original).__name__}: {lines[0][:300]}" if lines else type(original).__name__


def describe_for_log(error: BaseException) -> str:
    """Return ``describe_error`` with the first words of the statement, by which an operator finds where it was."""
    words = error.statement.split()[:STATEMENT_WORDS] if isinstance(error, DBAPIError) and error.statement else []
    return f"{describe_error(error)} ({' '.join(words)} …)" if words else describe_error(error)


def keep_trying(record: Callable[[], Returned], patience: float = PATIENCE_SECONDS) -> Returned:
    """Call ``record``, a transaction of its own that may run twice, until the database takes it.

    Raises the last error after ``patience`` seconds. For what is known and would be lost: the result of a call that
    was made while the connection broke.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            return record()
        except UNAVAILABLE_ERRORS as error:
            db.session.remove()
            if time.monotonic() + PAUSE_SECONDS > deadline:
                raise
            outage_log.report(log, "What is known could not be written yet", describe_for_log(error))
        time.sleep(PAUSE_SECONDS)


def ignore_if_unavailable(write: Callable[[], None]) -> bool:
    """Call ``write`` and commit; False if the database did not take it, so that what was read is shown all the same."""
    try:
        write()
        db.session.commit()
    except UNAVAILABLE_ERRORS as error:
        db.session.rollback()
        outage_log.report(log, "Something of little weight was not written", describe_for_log(error))
        return False
    return True
