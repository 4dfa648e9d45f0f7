"""What is spared on the way to PostgreSQL: the question whether a connection lives, where it has just been used, and the
beginning and end of a transaction that only reads.

PostgreSQL's default isolation lets each statement see what is committed when it begins, so that a transaction of reads is
worth nothing more than the reads themselves.
"""

import time

from sqlalchemy import event, exc
from sqlalchemy.engine import Engine
from sqlalchemy.pool import Pool

from helpdesk.database import transactions

OPTIONS = {"connect_args": {"connect_timeout": 3}}  # of the engine
RESTED = 1.0  # seconds without use after which a connection is asked whether it lives


@event.listens_for(Pool, "checkin")
def _note_rest(_connection, record) -> None:
    record.info["rests_since"] = time.monotonic()


@event.listens_for(Pool, "checkout")
def _ask_the_rested(connection, record, _proxy) -> None:
    """A server that was restarted meanwhile has forgotten every connection: then all of them are made anew."""
    rests_since = record.info.get("rests_since")
    if rests_since is None or time.monotonic() - rests_since < RESTED or not _is_postgresql(connection):
        return
    before = connection.autocommit
    try:
        connection.autocommit = True
        connection.execute("")
        connection.autocommit = before
    except connection.Error as error:
        raise exc.InvalidatePoolError from error


@event.listens_for(Engine, "begin")
def _begin(connection) -> None:
    """The driver says BEGIN before a transaction's first statement, unless told that each stands for itself. Where somebody else
    has told it so, it stays."""
    driver = connection.connection.dbapi_connection
    if not _is_postgresql(driver):
        return
    if transactions.is_read_only():
        if not driver.autocommit:
            driver.autocommit = connection.info["only_reads"] = True
    elif connection.info.pop("only_reads", False):
        driver.autocommit = False


def _is_postgresql(connection) -> bool:
    return type(connection).__module__.startswith("psycopg")
