"""Files in a local folder, in subfolders named after the first two characters of the keys."""

import shutil
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from helpdesk.storage import StorageUnavailable


class LocalStore:
    """The folder that a ``file://`` URL names; it is created at the first write."""

    def __init__(self, url: str):
        self.root = Path(unquote(urlsplit(url).path))

    def write(self, key: str, stream: BinaryIO) -> None:
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageUnavailable(f"The folder of files takes nothing: {error.strerror or error}.") from error
        part = path.with_suffix(".part")
        try:
            with part.open("wb") as target:
                shutil.copyfileobj(stream, target, 1 << 20)
            part.replace(path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise StorageUnavailable(f"The folder of files takes nothing: {error.strerror or error}.") from error
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def open(self, key: str) -> BinaryIO:
        try:
            return self._path(key).open("rb")
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StorageUnavailable(f"The folder of files gives nothing: {error.strerror or error}.") from error

    def erase(self, key: str) -> None:
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            raise StorageUnavailable(f"The folder of files deletes nothing: {error.strerror or error}.") from error

    def _path(self, key: str) -> Path:
        return self.root / key[:2] / key
