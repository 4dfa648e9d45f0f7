"""Files of the helpdesk are for its own user only: the SQLite database, attachments, backups."""

import os
import stat
from pathlib import Path
from urllib.parse import unquote, urlsplit

from helpdesk.config import Config

OTHERS = stat.S_IRWXG | stat.S_IRWXO
# Folders that other programs need, though they belong to root (Filesystem Hierarchy Standard 3.0).
SYSTEM_FOLDERS = frozenset(
    Path(name)
    for name in (
        *("/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/media", "/mnt", "/opt", "/run", "/sbin", "/srv"),
        *("/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/sbin", "/usr/share", "/var", "/var/cache", "/var/lib"),
        *("/var/local", "/var/log", "/var/mail", "/var/opt", "/var/spool"),
    )
)
SQLITE_HEADER = b"SQLite format 3\0"  # the first bytes of a database (SQLite's documentation, "Database File Format")


def restrict_new_files() -> None:
    """Have this process and those it starts create files with 0600 and folders with 0700."""
    os.umask(OTHERS)


def restrict_stored_files(config: Config) -> None:
    """Take the rights of group and others from VAR_DIR, the SQLite files and the folder of stored files.

    What belongs to another user, is shared like /tmp, or is the system's, is left as it is; so is a file that is no
    database, whatever a mistyped DATABASE_URL says.
    """
    folders = [Path(config.VAR_DIR)]
    if config.STORAGE_URL.startswith("file://"):
        folders.append(Path(unquote(urlsplit(config.STORAGE_URL).path)))
    for folder in folders:
        if folder.resolve() not in SYSTEM_FOLDERS:
            _restrict(folder)
    if config.is_sqlite and _is_database(database := Path(config.DATABASE_URL.removeprefix("sqlite:///"))):
        for suffix in ("", "-wal", "-shm"):
            _restrict(database.with_name(database.name + suffix))


def _is_database(path: Path) -> bool:
    """Whether the file is one of SQLite's, or empty, as one is before its first table."""
    try:
        with path.open("rb") as file:
            return file.read(len(SQLITE_HEADER)) in (SQLITE_HEADER, b"")
    except OSError:
        return False


def _restrict(path: Path) -> None:
    try:
        status = path.stat()
        is_shared = bool(status.st_mode & stat.S_ISVTX) or path == Path.home()
        if status.st_uid == os.geteuid() and status.st_mode & OTHERS and not is_shared:
            path.chmod(stat.S_IMODE(status.st_mode) & ~OTHERS)
    except OSError:
        pass  # absent, or on a file system without modes
