"""Tries a write on the database, on the folder of files and on Redis, at most once in PROBE_SECONDS a process."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from helpdesk import clock, config, extensions
from helpdesk.database import errors, transactions
from helpdesk.domain.administration import setting_rows
from helpdesk.extensions import db

PROBE_SECONDS = 5.0  # a load balancer may ask many times a second
PROBE_KEY = "health_probe"
MIN_FREE_DISK_BYTES = 1024**3

_results: dict[tuple[str, int], tuple[float, str | None]] = {}  # probe and settings: when it was made, what was wrong


def find_database_write_error() -> str | None:
    """Write a row of the settings and commit. None, or the cause in one line. Ends the open transaction."""
    return _remember("database", _write_to_database)


def find_redis_error() -> str | None:
    """Write a key to Redis. None, or the cause in one line; a Redis that may only be read does not serve."""
    return _remember("redis", _write_to_redis)


def find_folder_error() -> str | None:
    """Write a file where attachments are stored, if that is a folder. None, or the cause in one line."""
    return _remember("folder", _write_to_folder)


def free_disk_bytes() -> int | None:
    """Return the free space of the disk with our folder; None where no folder of ours is on this machine."""
    try:
        return shutil.disk_usage(config.current().VAR_DIR).free
    except OSError:
        return None


def _remember(name: str, probe: Callable[[], str | None]) -> str | None:
    key = (name, id(config.current()))
    tried_at, error = _results.get(key, (-PROBE_SECONDS, None))
    if time.monotonic() - tried_at >= PROBE_SECONDS:
        error = probe()
        _results[key] = (time.monotonic(), error)
    return error


def _write_to_database() -> str | None:
    was_read_only = transactions.is_read_only()
    transactions.start_write_transaction()
    try:
        row = setting_rows.lock_row(PROBE_KEY, {})
        row.value = {"at": clock.now().isoformat()}
        db.session.commit()
    except SQLAlchemyError as error:
        db.session.rollback()
        return errors.describe_error(error)
    finally:
        if was_read_only:
            transactions.set_read_only()
    return None


def _write_to_redis() -> str | None:
    try:
        extensions.redis().set("helpdesk:probe", "1", ex=60)
    except RedisError as error:
        extensions.note_redis_error(error)
        return f"{type(error).__name__}: {str(error)[:200]}"
    return None


def _write_to_folder() -> str | None:
    parts = urlsplit(config.current().STORAGE_URL)
    folder = Path(parts.path)
    if parts.scheme != "file" or not folder.is_dir():
        return None
    path = folder / f".probe-{os.getpid()}"
    try:
        path.write_bytes(b"0" * 4096)
    except OSError as error:
        return str(error.strerror)
    finally:
        path.unlink(missing_ok=True)
    return None
