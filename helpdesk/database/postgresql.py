"""Connections to PostgreSQL: what a new one is checked for, and fewer round trips.

A connection that was just used is not pinged, and reads run in autocommit mode: at PostgreSQL's default isolation level
each statement sees what was committed when it began, so that a read-only transaction guarantees nothing more than its
statements do. So does a write that is one statement.
"""

import logging
import time
from typing import Any

from sqlalchemy import Connection, event, exc
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.pool import Pool

from helpdesk import clock, outage_log, postgresql_url
from helpdesk.database import errors, postgresql_server, transactions

REPLICA_SOCKET_OPTIONS = {"connect_timeout": 2, "tcp_user_timeout": 3_000}
PING_AFTER_SECONDS = 1.0  # idle time after which a connection is pinged before use
log = logging.getLogger(__name__)


def engine_options(url: str, connections: int) -> dict[str, Any]:
    """Return the engine's options for the database at ``url``, with a pool of at most ``connections``.

    None is closed after use: to open one costs the server more than a page does. The one used last is used next, as it
    has the most statements prepared.
    """
    from helpdesk.database.postgresql_cursor import LazilyDescribedCursor  # the driver, which SQLite does not need

    return {
        "pool_size": connections,
        "max_overflow": 0,
        "pool_use_lifo": True,
        "pool_timeout": 10,
        "connect_args": postgresql_url.connect_arguments(dict(make_url(url).query))
        | {"cursor_factory": LazilyDescribedCursor},
    }


def replica_options(url: str, connections: int) -> dict[str, Any]:
    """Return the engine's options for the replica at ``url``. It is given up sooner, as the primary answers then."""
    query = dict(make_url(url).query)
    options = engine_options(url, connections)
    shorter = {name: value for name, value in REPLICA_SOCKET_OPTIONS.items() if name not in query}
    options["connect_args"] |= shorter | {"application_name": postgresql_server.APPLICATION_NAME_OF_READERS}
    return options


@event.listens_for(Engine, "connect")
def _check_server(connection: Any, _record: Any) -> None:
    """Refuse a database that cannot hold every text; set its time-outs; note its clock and which server this is."""
    if _is_postgresql(connection):
        postgresql_server.check_encoding(connection)
        postgresql_server.prepare_session(connection)
        if not postgresql_server.is_reader(connection):
            postgresql_server.note_server(connection)
            outage_log.note_recovery(log, errors.UNANSWERED)


@event.listens_for(Pool, "checkin")
def _record_checkin(_connection: Any, record: Any) -> None:
    """Record when a connection was returned to the pool."""
    record.info["idle_since"] = time.monotonic()


@event.listens_for(Pool, "checkout")
def _ping_idle_connection(connection: Any, record: Any, _proxy: Any) -> None:
    """Ping a connection that was idle. A restarted server has dropped all of them: the pool is then invalidated."""
    idle_since = record.info.get("idle_since")
    if idle_since is None or time.monotonic() - idle_since < PING_AFTER_SECONDS or not _is_postgresql(connection):
        return
    autocommit = connection.autocommit
    try:
        connection.autocommit = True
        if postgresql_server.is_reader(connection):
            connection.execute("SELECT 1")
        else:
            clock.measure_offset(lambda: connection.execute(postgresql_server.TIME_QUERY).fetchone()[0])
        connection.autocommit = autocommit
    except connection.Error as error:
        raise exc.InvalidatePoolError from error


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    """Switch the driver to autocommit for transactions that need no BEGIN, so that it sends none.

    A connection that is in autocommit mode for another reason stays in it. One that broke is left to its first
    statement, whose error SQLAlchemy knows.
    """
    driver = connection.connection.dbapi_connection
    if not _is_postgresql(driver) or driver.closed:
        return
    if transactions.needs_no_begin():
        if not driver.autocommit:
            driver.autocommit = connection.info["autocommit_without_begin"] = True
    elif connection.info.pop("autocommit_without_begin", False):
        driver.autocommit = False


@event.listens_for(Engine, "do_execute")
def _execute_as_asked(cursor: Any, statement: str, parameters: Any, context: Any) -> bool | None:
    """Execute a statement that is to be planned for its values, or answered in binary. True: it was executed here.

    The driver prepares a statement at its fifth use, and PostgreSQL may then keep one plan for all values.
    """
    asked: dict[str, Any] = {}
    if context.execution_options.get(transactions.PLANNED_ANEW):
        asked["prepare"] = False
    if context.execution_options.get(transactions.IN_BINARY):
        asked["binary"] = True
    if not asked or context.dialect.name != "postgresql":
        return None
    cursor.execute(statement, parameters, **asked)
    return True


def _is_postgresql(connection: Any) -> bool:
    return type(connection).__module__.startswith("psycopg")
