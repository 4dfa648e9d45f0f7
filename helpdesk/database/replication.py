"""How far a PostgreSQL replica is behind its primary, from what both say of the write-ahead log."""

import time
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Engine

POSITION_QUERY = "SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint"
PRIMARY_QUERY = """
    SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint, left(pg_walfile_name(pg_current_wal_lsn()), 8),
           (SELECT system_identifier FROM pg_control_system())
"""
# A server that was promoted replays nothing any more; what it writes itself is then its position.
REPLICA_QUERY = """
    SELECT (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END
            - '0/0'::pg_lsn)::bigint,
           CASE WHEN pg_is_in_recovery() THEN NULL ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END,
           (SELECT system_identifier FROM pg_control_system()),
           EXISTS (SELECT FROM pg_stat_wal_receiver)
"""


class ReplicaProblem(StrEnum):
    """Why a replica is not read from, as the log says it."""

    foreign = "it belongs to another database cluster"
    disconnected = "it receives nothing from a primary"
    promoted = "it is no replica, and another server is the primary"
    ahead = "it is ahead of the primary: it followed another one"
    not_following = "it does not follow the new primary yet"
    behind = "it is too far behind"
    unknown_lag = "how far it is behind is not known yet"


@dataclass(frozen=True)
class ServerPosition:
    """Where a server's log ends (primary) or what it has replayed (replica).

    ``timeline`` is None on a replica, which ``receives`` the log while it is connected to its primary.
    """

    position: int
    timeline: str | None
    system: int
    receives: bool = True


class History:
    """What was seen of primary and replica one after the other, forgotten after a pause of ``pause`` seconds."""

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._samples: deque[tuple[float, int]] = deque(maxlen=120)  # when, and where the primary's log ended
        self._timeline: str | None = None
        self._at_least = 0  # what a replica has to reach after a failover, before it is believed

    def forget(self) -> None:
        """Forget the samples."""
        self._samples.clear()

    def find_problem(
        self, before: ServerPosition, there: ServerPosition, after: ServerPosition
    ) -> ReplicaProblem | None:
        """Why the replica cannot be one of this primary, or None. The primary was read before and after it."""
        if there.system != after.system:
            return ReplicaProblem.foreign
        if there.timeline is None and not there.receives:
            return ReplicaProblem.disconnected
        if there.timeline is not None and there.timeline != after.timeline:
            return ReplicaProblem.promoted
        if there.position > after.position:
            return ReplicaProblem.ahead
        if self._timeline is not None and self._timeline != after.timeline and there.timeline is None:
            # It may have replayed what the former primary never sent to the new one: only if it goes on is it ours.
            self._at_least = max(there.position, before.position) + 1
        self._timeline = after.timeline
        if there.timeline is None and there.position < self._at_least:
            return ReplicaProblem.not_following
        return None

    def measure_lag(self, before: ServerPosition, there: ServerPosition) -> float | None:
        """Return for how many seconds the replica has been behind the primary; None if that is not known yet."""
        now = time.monotonic()
        if self._samples and now - self._samples[-1][0] > self._pause:
            self._samples.clear()
        reached = [when for when, position in self._samples if position <= there.position]
        is_longer = bool(self._samples) and not reached
        oldest = self._samples[0][0] if self._samples else now
        self._samples.append((now, before.position))
        if there.position >= before.position:
            return 0.0
        if reached:
            return now - reached[-1]
        return now - oldest if is_longer and now - oldest > self._pause else None


def read_primary(engine: Engine) -> ServerPosition:
    """Ask the primary. Raises errors of the driver and of SQLAlchemy."""
    position, timeline, system = _fetch(engine, PRIMARY_QUERY)
    return ServerPosition(position, timeline, system)


def read_replica(engine: Engine) -> ServerPosition:
    """Ask the replica, or the server that it has become. Raises errors of the driver and of SQLAlchemy."""
    position, timeline, system, receives = _fetch(engine, REPLICA_QUERY)
    return ServerPosition(position or 0, timeline, system, receives)


def read_position(driver_connection: Any) -> int:
    """Return where the log of the primary ends, by a connection with no open transaction."""
    return int(_fetch_row(driver_connection, POSITION_QUERY)[0])


def _fetch(engine: Engine, query: str) -> tuple[Any, ...]:
    connection = engine.raw_connection()
    try:
        return _fetch_row(connection.driver_connection, query)
    finally:
        connection.close()


def _fetch_row(driver_connection: Any, query: str) -> tuple[Any, ...]:
    was_autocommit = driver_connection.autocommit
    driver_connection.autocommit = True
    try:
        row: tuple[Any, ...] = driver_connection.execute(query).fetchone()
        return row
    finally:
        if not driver_connection.closed:
            driver_connection.autocommit = was_autocommit
