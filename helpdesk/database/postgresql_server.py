"""Which PostgreSQL server answers: its encoding, its clock, the timeline that it writes, and what a session asks of it.

A server that was promoted after a failover writes another timeline; one restored from a backup of its files, too. What
the former one committed last may be missing there, so that a row can be older than it seems
(https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-TIMELINES).
"""

import logging
from datetime import UTC
from typing import Any

from helpdesk import clock
from helpdesk.config import UnsafeConfiguration

TIME_QUERY = "SELECT clock_timestamp()"
IDENTITY_QUERY = """
    SELECT CASE WHEN pg_is_in_recovery() THEN NULL
           ELSE system_identifier || ':' || left(pg_walfile_name(pg_current_wal_lsn()), 8) END
    FROM pg_control_system()
"""
# What the server does about a client that is gone without a word, as after a cut network: it would keep our locks for
# two hours (the default of Linux's keepalives), and everything that waits for them would wait as long. A process that
# was stopped amid a transaction answers keepalives; its transaction ends after two minutes without a statement.
SESSION_SETTINGS = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "2",
    "tcp_user_timeout": "9000",
    "client_connection_check_interval": "5s",  # also while a statement waits for a lock; PostgreSQL 14 and later
    "idle_in_transaction_session_timeout": "120s",
    # Compiling the expressions of a statement takes longer than executing any of ours. PostgreSQL does it where it
    # expects a high cost, as of reports over many tickets: pages then took five to ten times as long.
    "jit": "off",
}
# PostgreSQL 16.0 to 16.3 leave rows out of an answer where they look by merging for what has no match, as for tickets
# without a tag (https://www.postgresql.org/docs/16/release-16-4.html, "Merge Right Anti Join").
VERSIONS_THAT_MERGE_WRONGLY = range(160000, 160004)
SETTINGS_AGAINST_WRONG_MERGES = {"enable_mergejoin": "off"}
# What an operator has set, for the server, the database, the role or in the address, stays.
PROTECT_QUERY = """
    SELECT set_config(name, value, false) FROM unnest(%s::text[], %s::text[]) AS wanted(name, value)
    JOIN pg_settings USING (name) WHERE source = 'default'
"""
APPLICATION_NAME_OF_READERS = "helpdesk-reader"  # of connections to a replica, by which they are known
log = logging.getLogger(__name__)
_identity: str | None = None


def current_identity() -> str | None:
    """Return the system identifier and timeline of the server of the newest connection; None where it tells neither."""
    return _identity


def driver_errors() -> tuple[type[Exception], ...]:
    """Return the errors that psycopg raises; none where it is not installed."""
    try:
        import psycopg
    except ImportError:
        return ()
    return (psycopg.Error,)


def is_reader(connection: Any) -> bool:
    """Whether this psycopg connection leads to a replica, whose clock and timeline say nothing of the primary."""
    name: str | None = connection.info.parameter_status("application_name")
    return name == APPLICATION_NAME_OF_READERS


def merges_wrongly(connection: Any) -> bool:
    """Whether the server of this psycopg connection is a release that leaves rows out of some answers."""
    return connection.info.server_version in VERSIONS_THAT_MERGE_WRONGLY


def prepare_session(connection: Any) -> None:
    """Let the server end the session of this new psycopg connection, and free its locks, soon after its client is
    gone, compile nothing (SESSION_SETTINGS), and join in no way that its release gets wrong."""
    wanted = SESSION_SETTINGS | (SETTINGS_AGAINST_WRONG_MERGES if merges_wrongly(connection) else {})
    autocommit = connection.autocommit
    connection.autocommit = True
    try:
        connection.execute(PROTECT_QUERY, (list(wanted), list(wanted.values())))
    except connection.Error as error:
        log.debug("The server keeps its own settings: %s", error)
    if not connection.closed:
        connection.autocommit = autocommit


def check_encoding(connection: Any) -> None:
    """Raise UnsafeConfiguration if the database of this psycopg connection is not in UTF-8."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding not in (None, "UTF8"):
        raise UnsafeConfiguration(
            f"The database's encoding is {encoding}, which cannot hold every text. Make one with: "
            "CREATE DATABASE helpdesk ENCODING 'UTF8' TEMPLATE template0"
        )


def note_server(connection: Any) -> None:
    """Note the clock and the identity of the server of this new psycopg connection."""
    global _identity
    autocommit = connection.autocommit
    connection.autocommit = True
    clock.measure_offset(lambda: connection.execute(TIME_QUERY).fetchone()[0].astimezone(UTC))
    try:
        identity = connection.execute(IDENTITY_QUERY).fetchone()[0]
    except connection.Error as error:
        log.debug("The server does not tell its timeline: %s", error)  # some hosted ones do not
        identity = None
    if not connection.closed:
        connection.autocommit = autocommit
    if identity is not None and identity != _identity:
        if _identity is not None:
            log.warning("Another database server answers than before: %s instead of %s.", identity, _identity)
        _identity = identity
