"""Where files lie, by random key: a local folder, or an S3-compatible store (STORAGE_URL)."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from helpdesk import config

KEY = re.compile(r"[A-Za-z0-9_-]{20,64}")


def write(key: str, data: bytes) -> None:
    """Keep ``data`` under ``key``; it is there whole or not at all."""
    path = _path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(data)
    part.replace(path)


def read(key: str) -> bytes:
    """What was kept under ``key``; FileNotFoundError if nothing was."""
    return _path(key).read_bytes()


def erase(key: str) -> None:
    """Keep it no longer; nothing happens if it is gone."""
    _path(key).unlink(missing_ok=True)


def _path(key: str) -> Path:
    if not KEY.fullmatch(key):
        raise ValueError("not a storage key")
    return Path(urlsplit(config.current().STORAGE_URL).path) / key[:2] / key
