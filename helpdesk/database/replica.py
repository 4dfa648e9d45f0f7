"""Reads from a replica (DATABASE_REPLICA_URL), only where it is known to have what its reader may expect.

A position is a byte of PostgreSQL's write-ahead log (LSN) as a number. The position of a write is noted once it is
committed: in a cookie of whoever wrote, and in Redis for everybody. The replica answers a request only if it has
replayed both, and lags MAX_LAG_SECONDS at most. Otherwise, and when anything fails, the primary answers (ADR 0029).
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from redis.client import Pipeline
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from helpdesk import config, extensions, outage_log
from helpdesk.database import errors, postgresql_server, replication, transactions

ENGINE = "replica"  # its key in SQLALCHEMY_BINDS
MAX_LAG_SECONDS = 10.0
CHECK_SECONDS = 1.0  # between two comparisons with the primary
RETRY_SECONDS = 5.0  # the same after an error
STALE_SECONDS = 5.0  # after which a comparison says nothing any more
WAIT_SECONDS = 0.05  # a request waits so long for a position that the replica has almost reached
WAIT_STEP_SECONDS = 0.005
REMEMBERED_SECONDS = (
    60  # for which the position of a write is kept: longer than a lag that is served plus STALE_SECONDS
)
POSITION_KEY = "helpdesk:position"  # in Redis: the highest position that was announced
# Two processes may announce in the other order than they committed, so that only a higher one replaces another.
ANNOUNCE_SCRIPT = """
if tonumber(redis.call('GET', KEYS[1]) or '0') < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
end
"""
DRIVER_ERRORS = (SQLAlchemyError, *postgresql_server.driver_errors())

log = logging.getLogger(__name__)
_is_used: ContextVar[bool] = ContextVar("is_replica_used", default=False)
_written: ContextVar[list[int] | None] = ContextVar("written_positions", default=None)


@dataclass(frozen=True)
class Standing:
    """How far the replica was at a comparison with the primary; ``problem`` is why it is not asked, or None."""

    compared_at: float
    position: int
    lag: float | None
    problem: str | None

    @property
    def is_fresh(self) -> bool:
        return time.monotonic() - self.compared_at < STALE_SECONDS


class ReplicaMonitor:
    """Compares the replica with the primary, in a thread of its own, so that no request waits for a dead host."""

    def __init__(self) -> None:
        self.standing: Standing | None = None
        self._history = replication.History(STALE_SECONDS)
        self._checking = threading.Lock()

    def check_if_due(self, primary: Engine, replica: Engine) -> None:
        """Start a comparison unless one runs or the last one is recent."""
        standing = self.standing
        pause = RETRY_SECONDS if standing is not None and standing.problem else CHECK_SECONDS
        if standing is not None and time.monotonic() - standing.compared_at < pause:
            return
        if self._checking.acquire(blocking=False):
            threading.Thread(target=self._check, args=(primary, replica), name="replica", daemon=True).start()

    def compare(self, primary: Engine, replica: Engine) -> Standing:
        """Compare now, in this thread."""
        with self._checking:
            return self._compare(primary, replica)

    def note_position(self, position: int) -> None:
        """Remember that the replica has replayed ``position``."""
        if self.standing is not None and position > self.standing.position:
            self.standing = Standing(self.standing.compared_at, position, self.standing.lag, self.standing.problem)

    def note_error(self, error: BaseException) -> None:
        """Ask the replica no more until it was compared again."""
        self._note_problem(errors.describe_error(error))

    def _check(self, primary: Engine, replica: Engine) -> None:
        try:
            self._compare(primary, replica)
        finally:
            self._checking.release()

    def _compare(self, primary: Engine, replica: Engine) -> Standing:
        try:
            before = replication.read_primary(primary)
            there = replication.read_replica(replica)
            after = replication.read_primary(primary)
        except DRIVER_ERRORS as error:
            return self._note_problem(errors.describe_error(error))
        if problem := self._history.find_problem(before, there, after):
            return self._note_problem(problem)
        lag = self._history.measure_lag(before, there)
        if lag is None or lag > MAX_LAG_SECONDS:
            is_known = lag is not None
            problem = replication.ReplicaProblem.behind if is_known else replication.ReplicaProblem.unknown_lag
            self.standing = Standing(time.monotonic(), there.position, lag, problem)
            if is_known:
                outage_log.report(log, "The replica is too far behind; the primary answers", f"{lag:.0f} s")
        else:
            self.standing = Standing(time.monotonic(), there.position, lag, None)
        return self.standing

    def _note_problem(self, problem: str) -> Standing:
        self._history.forget()
        self.standing = standing = Standing(time.monotonic(), 0, None, problem)
        outage_log.report(log, "The replica is not used; the primary answers", problem)
        return standing


_monitor = ReplicaMonitor()


def is_configured() -> bool:
    """Whether there is a replica to read from."""
    return bool(config.started_with().DATABASE_REPLICA_URL)


def reset() -> None:
    """Know nothing of any replica: after a fork, and for another database."""
    global _monitor
    _monitor = ReplicaMonitor()


def has_reached(position: int) -> bool:
    """Whether the replica may answer a reader who must see everything up to ``position``.

    Waits WAIT_SECONDS at most. Starts a comparison if the last one is old.
    """
    engines = extensions.db.engines
    _monitor.check_if_due(engines[None], engines[ENGINE])
    standing = _monitor.standing
    if standing is None or standing.problem or not standing.is_fresh:
        return False
    deadline = time.monotonic() + WAIT_SECONDS
    reached = standing.position
    while reached < position:
        try:
            reached = replication.read_replica(engines[ENGINE]).position
        except DRIVER_ERRORS as error:
            _monitor.note_error(error)
            return False
        _monitor.note_position(reached)
        if reached < position:
            if time.monotonic() > deadline:
                return False
            time.sleep(WAIT_STEP_SECONDS)
    return True


def compare_now() -> Standing:
    """Compare the replica with the primary, and wait until it is known how far it is behind, a second at most."""
    engines = extensions.db.engines
    deadline = time.monotonic() + CHECK_SECONDS
    standing = _monitor.standing
    if standing is not None and standing.is_fresh and _is_conclusive(standing):
        return standing
    while True:
        standing = _monitor.compare(engines[None], engines[ENGINE])
        if _is_conclusive(standing) or time.monotonic() > deadline:
            return standing
        time.sleep(WAIT_SECONDS)


def _is_conclusive(standing: Standing) -> bool:
    """Whether it says more than that another comparison is needed."""
    return standing.lag is not None or standing.position == 0


def note_error(error: BaseException) -> None:
    """Let the primary answer until the replica was compared again."""
    _monitor.note_error(error)


def is_used() -> bool:
    """Whether this thread's read-only transactions go to the replica."""
    return _is_used.get()


@contextmanager
def use(is_on: bool = True) -> Iterator[None]:
    """Let the read-only transactions of the block go to the replica, or to the primary if not ``is_on``."""
    token = _is_used.set(is_on)
    try:
        yield
    finally:
        _is_used.reset(token)


def track_writes() -> None:
    """Note the positions of this thread's commits from now on, for ``last_written``."""
    _written.set([] if is_configured() else None)


def last_written() -> int | None:
    """Return the position of the last commit since ``track_writes``; None without any."""
    written = _written.get()
    return max(written) if written else None


def must_note_commit() -> bool:
    """Whether somebody wants to know where this thread's commits are."""
    return _written.get() is not None


def note_commit(connection: Connection) -> int | None:
    """Return the position of what ``connection`` has just committed; None where the server does not say. Never raises,
    since what was committed stays accepted.
    """
    try:
        position = replication.read_position(connection.connection.driver_connection)
    except DRIVER_ERRORS as error:
        log.debug("The position of a commit is not known: %s", error)
        return None
    written = _written.get()
    if written is not None:
        written.append(position)
    return position


def add_announcement(pipeline: Pipeline, position: int) -> None:
    """Add the command that announces ``position`` to every process."""
    pipeline.eval(ANNOUNCE_SCRIPT, 1, POSITION_KEY, position, REMEMBERED_SECONDS)


def read_announced() -> int | None:
    """Return the highest position that was announced lately, 0 without any; None while Redis does not answer."""
    found = extensions.call_redis(lambda pipeline: pipeline.get(POSITION_KEY).execute())  # type: ignore[union-attr]
    return None if found is None else int(found[0] or 0)


def _choose_engine() -> str | None:
    return ENGINE if _is_used.get() and transactions.is_read_only() else None


extensions.choose_engine = _choose_engine
