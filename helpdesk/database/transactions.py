"""Transactions that only read, and transactions that may write.

SQLite has one write lock for the whole database. Whoever says that a transaction only reads does not wait for it; everybody
else takes it as the transaction begins. The mode belongs to the thread (or task), so that whatever a view calls through the
one session follows it, and a write in the wrong mode is refused instead of waiting for a lock it cannot get.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import CursorResult, Executable, event
from sqlalchemy.orm import Session

from helpdesk.extensions import db

_is_read_only: ContextVar[bool] = ContextVar("is_read_only", default=False)


def set_read_only() -> None:
    """From here on this thread's transactions only read."""
    _is_read_only.set(True)


def start_write_transaction() -> None:
    """End the open transaction, if any; the next one may write. What was loaded before is loaded again when touched."""
    db.session.rollback()
    _is_read_only.set(False)


def is_read_only() -> bool:
    """Whether this thread's transactions only read."""
    return _is_read_only.get()


@contextmanager
def read_only() -> Iterator[None]:
    """A transaction that only reads; it is over at the end of the block."""
    db.session.rollback()
    set_read_only()
    try:
        yield
    finally:
        start_write_transaction()


def reset_transaction_mode() -> None:
    """Transactions of this thread that begin from here on may write, as anywhere outside a request that only reads."""
    _is_read_only.set(False)


def execute_core(statement: Executable, values: Mapping[str, Any] | None = None) -> CursorResult[Any]:
    """The result of a query for columns, not entities, run in the open transaction after what waits there to be written.

    The same as the session's own execute, for half of its work: it need not look for entities to keep.
    """
    session = db.session()
    session.flush()
    return session.connection().execute(statement, values)


@event.listens_for(db.session, "before_flush")
def _refuse_writes_in_read_only_mode(session: Session, _context: object, _instances: object) -> None:
    if _is_read_only.get() and (session.new or session.dirty or session.deleted):
        raise RuntimeError("A request that only reads tried to write; call start_write_transaction() first.")
