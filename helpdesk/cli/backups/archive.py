"""The archive: a tar file with the database, the stored files and, last, a manifest with the checksum of each.

An archive that was cut off has no manifest. Only regular files with names that a backup gives are unpacked, so that
nothing is written elsewhere.
"""

import hashlib
import json
import os
import re
import shutil
import tarfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import click

from helpdesk import clock

MANIFEST_NAME = "manifest.json"
FILE_NAME = re.compile(r"files/(?:[^/]{1,2}/)?([A-Za-z0-9_-]{20,64})")
FORMAT = 2


@dataclass(frozen=True)
class Content:
    """An unpacked archive: the database's dump, the stored files by key, and the schema's revision if it is known."""

    dump: Path
    files: dict[str, Path]
    revision: str | None


class HashingReader:
    """Reads from ``stream`` and remembers the checksum of what was read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.checksum = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read at most ``size`` bytes (-1: all) and add them to the checksum."""
        data = self._stream.read(size)
        self.checksum.update(data)
        return data


class Writer:
    """Writes an archive that nobody else may read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._members: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> "Writer":
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        self._archive = tarfile.open(fileobj=self._file, mode="w")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            if kind is None:
                self._archive.close()
                self._file.flush()
                os.fsync(self._file.fileno())
        finally:
            self._file.close()

    def add_file(self, name: str, path: Path) -> None:
        """Add the file at ``path``."""
        with path.open("rb") as stream:
            self.add_stream(name, stream, os.fstat(stream.fileno()).st_size)

    def add_stream(self, name: str, stream: BinaryIO, size: int) -> None:
        """Add ``size`` bytes of ``stream``."""
        member = tarfile.TarInfo(name)
        member.size, member.mtime, member.mode = size, int(clock.now().timestamp()), 0o600
        reader: Any = HashingReader(stream)
        self._archive.addfile(member, reader)
        self._members[name] = {"size": size, "sha256": reader.checksum.hexdigest()}

    def finish(self, revision: str, database: dict[str, Any]) -> None:
        """Add the manifest."""
        manifest = {
            "format": FORMAT,
            "created_at": clock.now().isoformat(),
            "revision": revision,
            "database": database,
            "members": self._members,
        }
        data = json.dumps(manifest, indent=1).encode()
        self.add_stream(MANIFEST_NAME, BytesIO(data), len(data))


def unpack(file: Path, folder: Path, dump_name: str, unverified: bool) -> Content:
    """Unpack the archive into ``folder`` and compare every checksum. Raises ClickException with the reason."""
    checksums: dict[str, str] = {}
    files: dict[str, Path] = {}
    try:
        with tarfile.open(file) as opened:
            for member in opened:
                found = FILE_NAME.fullmatch(member.name)
                if not member.isfile() or not (found or member.name in (MANIFEST_NAME, dump_name)):
                    continue
                target = folder / member.name.replace("/", "-")
                checksums[member.name] = _unpack_member(opened, member, target)
                if found:
                    files[found[1]] = target
    except (tarfile.TarError, OSError, EOFError, ValueError):
        raise click.ClickException(f"{file} is not a backup of this program, or it is damaged.") from None
    manifest = folder / MANIFEST_NAME
    if not manifest.is_file() and not unverified:
        raise click.ClickException(
            f"{file} has no manifest: it was cut off, or an earlier version made it (--unverified accepts it)."
        )
    revision = _check_manifest(file, manifest, checksums) if manifest.is_file() else None
    if not (folder / dump_name).is_file():
        kind = "SQLite" if dump_name.endswith(".db") else "PostgreSQL"
        raise click.ClickException(f"{file} holds no {kind} database.")
    return Content(folder / dump_name, files, revision)


def _unpack_member(opened: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> str:
    source = opened.extractfile(member)
    assert source is not None
    reader: Any = HashingReader(source)
    with source, target.open("wb") as output:
        shutil.copyfileobj(reader, output, 1 << 20)
    if target.stat().st_size != member.size:
        raise EOFError
    return reader.checksum.hexdigest()


def _check_manifest(file: Path, path: Path, checksums: dict[str, str]) -> str | None:
    try:
        manifest = json.loads(path.read_text())
        members = {name: str(each["sha256"]) for name, each in manifest["members"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise click.ClickException(f"{file} is damaged: its manifest cannot be read.") from None
    for name, checksum in members.items():
        if name not in checksums:
            raise click.ClickException(f"{file} is damaged: {name} is missing.")
        if checksums[name] != checksum:
            raise click.ClickException(f"{file} is damaged: {name} is not what was written.")
    return manifest.get("revision")
