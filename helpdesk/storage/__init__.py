"""Stored files, by random key: in a local folder, or in an S3-compatible store (STORAGE_URL).

``file:///a/folder`` or ``s3://bucket/prefix?endpoint=https://…&region=…``; S3's credentials come from its usual places
(AWS_ACCESS_KEY_ID and so on). Nothing here depends on the content of a file or on who may read it.
"""

import re
from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache
from io import BytesIO
from typing import BinaryIO, Protocol, TypeVar
from urllib.parse import urlsplit

from helpdesk import config

KEY_PATTERN = re.compile(r"[A-Za-z0-9_-]{20,64}")
T = TypeVar("T")
_files_read: ContextVar[dict[str, bytes | Exception | None] | None] = ContextVar("files_read", default=None)


class StorageUnavailable(Exception):
    """The store did not answer; a later attempt may succeed."""


class NotReadYet(StorageUnavailable):
    """A transaction is open in which no file is read; it is read afterwards (``read_between_transactions``)."""


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
    files = _files_read.get()
    if files is not None:
        found = files.setdefault(key, None)
        if isinstance(found, Exception):
            raise found
        if found is None:
            raise NotReadYet(key)
        return found
    return _read(key)


def read_between_transactions(do: Callable[[], T]) -> T:
    """Return what ``do`` returns, a transaction that changes nothing.

    Where it reads files, ``read`` raises NotReadYet; they are read when it has ended, and it is called again.
    """
    files: dict[str, bytes | Exception | None] = {}
    while True:
        token = _files_read.set(files)
        try:
            result = do()
        except NotReadYet:
            pass
        finally:
            _files_read.reset(token)
        missing = [key for key, found in files.items() if found is None]
        if not missing:
            return result
        for key in missing:
            try:
                files[key] = _read(key)
            except (FileNotFoundError, StorageUnavailable) as error:
                files[key] = error


def _read(key: str) -> bytes:
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
