"""The stored files in an archive, from a folder or from S3, by their keys in the database."""

import tempfile
from pathlib import Path

import click
from sqlalchemy import select

from helpdesk import storage
from helpdesk.cli.backups.archive import Writer
from helpdesk.domain.portal import pictures
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment

MAX_MEMORY_BYTES = 8 * 1024 * 1024  # of one file, before it is spooled to the disk


def add_all(writer: Writer) -> int:
    """Add every stored file. Returns how many. One that was erased meanwhile is left out. Raises ClickException."""
    keys = list(db.session.scalars(select(Attachment.key)))
    keys += pictures.list_keys()
    db.session.rollback()
    count = 0
    for key in keys:
        try:
            count += _add(writer, key)
        except storage.StorageUnavailable as error:
            raise click.ClickException(str(error)) from None
    return count


def restore_all(files: dict[str, Path]) -> None:
    """Store ``files``, by key. What is stored beside them stays. Raises ClickException."""
    for key, path in files.items():
        try:
            with path.open("rb") as stream:
                storage.write(key, stream)
        except storage.StorageUnavailable as error:
            raise click.ClickException(f"{error} Nothing was restored.") from None


def _add(writer: Writer, key: str) -> bool:
    try:
        stream = storage.open(key)
    except FileNotFoundError:
        return False
    with stream, tempfile.SpooledTemporaryFile(MAX_MEMORY_BYTES) as copy:
        while data := stream.read(1 << 20):
            copy.write(data)
        size = copy.tell()
        copy.seek(0)
        writer.add_stream(f"files/{key[:2]}/{key}", copy, size)
    return True
