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
UNANSWERED = "The database does not answer"
CONNECTION_CLASSES = ("08", "57")  # of SQLSTATE: the connection broke, or the server stops or starts
CANCELLED_STATE = "57014"  # of the same class, but of one statement
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


def report_outage(log: logging.Logger, error: BaseException, during: str) -> None:
    """Write one line in half a minute about a database that does not do its work; ``during`` says what was tried."""
    original = getattr(error, "orig", None) or error
    code = getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None) or ""
    if is_read_only_error(error):
        what = "The database takes no writes"
    elif not code or (code[:2] in CONNECTION_CLASSES and code != CANCELLED_STATE):
        what = UNANSWERED
    else:
        what = f"The database refused a statement ({code})"
    outage_log.report(log, what, describe_for_log(error), during)


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
            report_outage(log, error, "writing what is known, which is tried again")
        time.sleep(PAUSE_SECONDS)


def ignore_if_unavailable(write: Callable[[], None]) -> bool:
    """Call ``write`` and commit; False if the database did not take it, so that what was read is shown all the same."""
    try:
        write()
        db.session.commit()
    except UNAVAILABLE_ERRORS as error:
        db.session.rollback()
        report_outage(log, error, "writing something of little weight, which is left out")
        return False
    return True
