"""Where files lie, by random key: a local folder, or an S3-compatible store (STORAGE_URL).

``file:///a/folder`` or ``s3://bucket/prefix?endpoint=https://…&region=…``; S3's credentials come from its own usual places
(AWS_ACCESS_KEY_ID and so on). Nothing here knows what the bytes are or who may read them.
"""

import re
from functools import lru_cache
from io import BytesIO
from typing import BinaryIO, Protocol
from urllib.parse import urlsplit

from helpdesk import config

KEY_PATTERN = re.compile(r"[A-Za-z0-9_-]{20,64}")


class StorageUnavailable(Exception):
    """The store did not answer; trying again later may help."""


class Store(Protocol):
    """What each kind of store can do with a key that was already checked."""

    def write(self, key: str, stream: BinaryIO) -> None: ...
    def open(self, key: str) -> BinaryIO: ...
    def erase(self, key: str) -> None: ...


def write(key: str, data: bytes | BinaryIO) -> None:
    """Keep ``data`` (bytes, or a stream from where it stands) under ``key``; it is there whole or not at all."""
    get_store().write(_validated_key(key), BytesIO(data) if isinstance(data, bytes) else data)


def open(key: str) -> BinaryIO:
    """A stream of what was kept under ``key``, to be closed; FileNotFoundError if nothing was."""
    return get_store().open(_validated_key(key))


def read(key: str) -> bytes:
    """All of what was kept under ``key``; FileNotFoundError if nothing was."""
    with open(key) as stream:
        return stream.read()


def delete(key: str) -> None:
    """Keep it no longer; nothing happens if it is gone."""
    get_store().erase(_validated_key(key))


def get_store() -> Store:
    """The store that STORAGE_URL names."""
    return _open_store(config.current().STORAGE_URL)


@lru_cache(maxsize=4)
def _open_store(url: str) -> Store:
    if urlsplit(url).scheme == "s3":
        from helpdesk.storage import s3

        return s3.S3Store(url)
    from helpdesk.storage import local

    return local.LocalStore(url)


def _validated_key(key: str) -> str:
    if not KEY_PATTERN.fullmatch(key):
        raise ValueError("not a storage key")
    return key
