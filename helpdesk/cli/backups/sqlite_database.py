"""The SQLite database in an archive: a copy by SQLite's backup API, which copying the file in use would not be."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import click
from sqlalchemy.engine import make_url

from helpdesk import clock, config
from helpdesk.cli.counted import counted
from helpdesk.domain.outbox import failover
from helpdesk.models.delivery import DeliveryState

DUMP_NAME = "helpdesk.db"
HOLD_REASON = "Held after a restore: it may have been sent before."


def dump(folder: Path) -> Path:
    """Write a checked copy into ``folder``. Raises ClickException."""
    path = folder / DUMP_NAME
    with closing(sqlite3.connect(_path())) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
    check(path)
    return path


def describe() -> dict[str, Any]:
    """What the manifest says about the database."""
    return {"kind": "sqlite"}


def find_users() -> str | None:
    """Who has the database open, in words; None if nobody. Only the last connection may leave the write-ahead log."""
    if not _path().exists():
        return None
    with closing(sqlite3.connect(_path(), timeout=0.5)) as connection:
        try:
            if connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0] == "delete":
                return None
        except sqlite3.OperationalError:
            pass
    return f"{_path()} is open in another process"


def check(path: Path) -> None:
    """Raise ClickException if the copy is damaged."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            result = connection.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        result = str(error)
    if result != "ok":
        raise click.ClickException(f"The copy is damaged: {result}")


def try_out(path: Path) -> str:
    """Read the copy. Returns a sentence."""
    check(path)
    with closing(sqlite3.connect(path)) as connection:
        count = connection.execute("SELECT count(*) FROM tickets").fetchone()[0]
        return f"The database opens and has {counted(count, 'ticket', 'tickets')}."


def replace(path: Path) -> None:
    """Write the copy over the present database in one transaction: its pending deliveries on hold, the time noted.

    The file stays the same one, so that a connection that is open reads what was restored.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as restored:
        _hold_pending(restored)
        _path().parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(_path(), timeout=10)) as target:
            restored.backup(target)


def _hold_pending(connection: sqlite3.Connection) -> None:
    columns = {row[1] for row in connection.execute("PRAGMA table_info(deliveries)")}
    is_current = "possibly_sent_since" in columns
    state, since = (DeliveryState.on_hold, "possibly_sent_since") if is_current else ("held", "maybe_since")  # of 1.0
    connection.execute(
        f"UPDATE deliveries SET state = ?, reason = ?, {since} = created_at "  # noqa: S608, names of ours
        "WHERE state IN ('pending', 'sending', 'unknown')",
        (str(state), HOLD_REASON),
    )
    if is_current:
        restored_at = (failover.TAKEN_OVER_KEY, json.dumps(clock.now().isoformat()))
        connection.execute("INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)", restored_at)


def _path() -> Path:
    return Path(make_url(config.current().DATABASE_URL).database or "")
