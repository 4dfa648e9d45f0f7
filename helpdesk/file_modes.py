"""Files of the helpdesk are for its own user only: the SQLite database, attachments, backups."""

import os
import stat
from pathlib import Path
from urllib.parse import unquote, urlsplit

from helpdesk.config import Config

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def restrict_new_files() -> None:
    """Have this process and those it starts create files with 0600 and folders with 0700."""
    os.umask(OTHERS)


def restrict_stored_files(config: Config) -> None:
    """Take the rights of group and others from VAR_DIR, the SQLite files and the folder of stored files.

    What belongs to another user, or is shared like /tmp, is left as it is.
    """
    paths = [Path(config.VAR_DIR)]
    if config.STORAGE_URL.startswith("file://"):
        paths.append(Path(unquote(urlsplit(config.STORAGE_URL).path)))
    if config.is_sqlite:
        database = config.DATABASE_URL.removeprefix("sqlite:///")
        paths += [Path(database + suffix) for suffix in ("", "-wal", "-shm")]
    for path in paths:
        _restrict(path)


def _restrict(path: Path) -> None:
    try:
        status = path.stat()
        is_shared = bool(status.st_mode & stat.S_ISVTX) or path == Path.home()
        if status.st_uid == os.geteuid() and status.st_mode & OTHERS and not is_shared:
            path.chmod(stat.S_IMODE(status.st_mode) & ~OTHERS)
    except OSError:
        pass  # absent, or on a file system without modes
