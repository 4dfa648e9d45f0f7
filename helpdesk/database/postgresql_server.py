"""Which PostgreSQL server answers: its encoding, its clock, and the timeline that it writes.

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
log = logging.getLogger(__name__)
_identity: str | None = None


def current_identity() -> str | None:
    """Return the system identifier and timeline of the server of the newest connection; None where it tells neither."""
    return _identity


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
