"""Read-only transactions and transactions that may write.

SQLite has one write lock for the whole database. A read-only transaction does not wait for it; every other transaction
takes it when it begins. The mode belongs to the thread (or task), so that it applies to everything a view calls, and a
write in read-only mode is an error instead of waiting for a lock it cannot get.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import CursorResult, Executable, event
from sqlalchemy.orm import Session

from helpdesk.extensions import db

REFUSAL = "A read-only request tried to write; call start_write_transaction() first."
PLANNED_ANEW, IN_BINARY = "is_planned_anew", "is_in_binary"  # execution options, read by helpdesk.database.postgresql

_is_read_only: ContextVar[bool] = ContextVar("is_read_only", default=False)
_is_one_statement: ContextVar[bool] = ContextVar("is_one_statement", default=False)
_longest_lock_wait: ContextVar[float] = ContextVar("longest_lock_wait", default=math.inf)


def set_read_only() -> None:
    """Make this thread's transactions read-only from now on."""
    _is_read_only.set(True)


def start_write_transaction() -> None:
    """End the open transaction, if any; the next one may write. Loaded objects are reloaded on access."""
    db.session.rollback()
    _is_read_only.set(False)


def is_read_only() -> bool:
    """Whether this thread's transactions are read-only."""
    return _is_read_only.get()


def commit_and_keep_loaded() -> None:
    """Commit; loaded objects are not reloaded. For a response that shows what this transaction locked and wrote."""
    session = db.session()
    session.expire_on_commit = False
    try:
        session.commit()
    finally:
        session.expire_on_commit = True


@contextmanager
def read_only() -> Iterator[None]:
    """Run the block in a read-only transaction, which ends with the block."""
    db.session.rollback()
    set_read_only()
    try:
        yield
    finally:
        start_write_transaction()


@contextmanager
def one_statement() -> Iterator[None]:
    """Run a block that executes one statement, which may write, and commits.

    To PostgreSQL it is sent without BEGIN and COMMIT: a statement by itself is a transaction.
    """
    db.session.rollback()
    _is_one_statement.set(True)
    try:
        yield
    finally:
        _is_one_statement.set(False)


def needs_no_begin() -> bool:
    """Whether this thread's next transaction reads only, or is one statement."""
    return _is_read_only.get() or _is_one_statement.get()


def reset_transaction_mode() -> None:
    """Let this thread's next transactions write, which is the default outside GET and HEAD requests."""
    _is_read_only.set(False)
    _longest_lock_wait.set(math.inf)


def limit_lock_wait(seconds: float) -> None:
    """Let this thread's transactions wait for SQLite's write lock no longer, until ``reset_transaction_mode``."""
    _longest_lock_wait.set(seconds)


def longest_lock_wait() -> float:
    """Return how many seconds this thread's transactions wait for SQLite's write lock at most."""
    return _longest_lock_wait.get()


def execute_core(
    statement: Executable,
    values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    is_planned_anew: bool = False,
    is_in_binary: bool = False,
) -> CursorResult[*tuple[Any, ...]]:
    """Execute a query for columns, not entities, in the open transaction; like the session, it flushes before.

    Same result as the session's own ``execute`` at about half the cost: no entities have to be looked for. If
    ``is_planned_anew``, PostgreSQL plans it for these ``values`` each time, and never prepares it. If
    ``is_in_binary``, it sends the rows as they are stored, not as text: megabytes of bytes would be twice as many.
    """
    session = db.session()
    if session.autoflush:
        session.flush()
    options: dict[str, Any] | None = None
    if is_planned_anew or is_in_binary:
        options = {PLANNED_ANEW: is_planned_anew, IN_BINARY: is_in_binary}
    return session.connection().execute(statement, values, execution_options=options)


@event.listens_for(db.session, "before_flush")
def _refuse_writes_in_read_only_mode(session: Session, _context: object, _instances: object) -> None:
    if _is_read_only.get() and (session.new or session.dirty or session.deleted):
        raise RuntimeError(REFUSAL)


@event.listens_for(db.session, "before_commit")
def _refuse_commits_in_read_only_mode(_session: Session) -> None:
    """Find the writes that are no flush, too: in a transaction that began by reading, SQLite refuses them as soon as
    another process wrote meanwhile.
    """
    if _is_read_only.get():
        raise RuntimeError(REFUSAL)
