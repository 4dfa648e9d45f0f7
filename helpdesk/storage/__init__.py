"""Stored files, by random key: in a local folder, or in an S3-compatible store (STORAGE_URL).

``file:///a/folder`` or ``s3://bucket/prefix?endpoint=https://…&region=…``; S3's credentials come from its usual places
(AWS_ACCESS_KEY_ID and so on). Nothing here depends on the content of a file or on who may read it.
"""

import re
from functools import lru_cache
from io import BytesIO
from typing import BinaryIO, Protocol
from urllib.parse import urlsplit

from helpdesk import config

KEY_PATTERN = re.compile(r"[A-Za-z0-9_-]{20,64}")


class StorageUnavailable(Exception):
    """The store did not answer; a later attempt may succeed."""


class Store(Protocol):
    """The operations of a store; the key has already been validated."""

    def write(self, key: str, stream: BinaryIO) -> None: ...
    def open(self, key: str) -> BinaryIO: ...
    def erase(self, key: str) -> None: ...


def write(key: str, data: bytes | BinaryIO) -> None:
    """Store ``data`` (bytes, or a stream from its current position) under ``key``, completely or not at all."""
    get_store().write(_validated_key(key), BytesIO(data) if isinstance(data, bytes) else data)


def open(key: str) -> BinaryIO:
    """Open the file ``key`` as a stream, which the caller closes. Raises FileNotFoundError, StorageUnavailable."""
    return get_store().open(_validated_key(key))


def read(key: str) -> bytes:
    """Read the whole file ``key``. Raises FileNotFoundError, StorageUnavailable."""
    with open(key) as stream:
        return stream.read()


def delete(key: str) -> None:
    """Delete the file ``key``; no error if it does not exist."""
    get_store().erase(_validated_key(key))


def get_store() -> Store:
    """Return the store that STORAGE_URL names."""
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
