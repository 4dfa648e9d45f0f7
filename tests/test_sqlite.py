"""SQLite allows several writing processes."""

import threading

from sqlalchemy import create_engine, text

import helpdesk.extensions  # noqa: F401 - its listeners prepare every connection and begin every transaction
from helpdesk.database import sqlite
from tests import timeouts


def test_two_transactions_that_read_before_they_write_do_not_fail(fresh_sqlite):
    """Each reads, waits until the other had time to read, and writes: the second starts after the first."""
    engine = create_engine(fresh_sqlite)
    both_ready, errors = threading.Barrier(2, timeout=timeouts.LIMIT), []

    def read_then_write(number: int) -> None:
        both_ready.wait()
        try:
            with engine.begin() as connection:
                connection.execute(text("SELECT count(*) FROM settings"))
                has_read[number].set()
                has_read[1 - number].wait(1)  # with the write lock taken first, the other one cannot have read
                connection.execute(
                    text("INSERT INTO settings (key, value) VALUES (:key, '1')"), {"key": f"test {number}"}
                )
        except Exception as error:
            errors.append(error)

    has_read = [threading.Event(), threading.Event()]
    threads = [threading.Thread(target=read_then_write, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeouts.LIMIT)
    with engine.connect() as connection:
        written = connection.execute(text("SELECT count(*) FROM settings WHERE key LIKE 'test %'")).scalar()
    engine.dispose()
    assert (errors, written) == ([], 2)


def test_a_transaction_that_kept_others_waiting_is_logged(fresh_sqlite, monkeypatch, caplog):
    engine = create_engine(fresh_sqlite)
    monkeypatch.setattr(sqlite, "LONG_WRITE_SECONDS", timeouts.LIMIT)
    with engine.begin() as connection:
        connection.execute(text("SELECT 1"))
    assert "waiting" not in caplog.text
    monkeypatch.setattr(sqlite, "LONG_WRITE_SECONDS", 0.0)
    with engine.begin() as connection:
        connection.execute(text("SELECT 1"))
    assert "kept all other writers waiting" in caplog.text
    engine.dispose()
