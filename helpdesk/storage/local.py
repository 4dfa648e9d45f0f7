"""Files in a local folder, in subfolders named after the first two characters of the keys."""

import shutil
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit


class LocalStore:
    """The folder that a ``file://`` URL names; it is created at the first write."""

    def __init__(self, url: str):
        self.root = Path(unquote(urlsplit(url).path))

    def write(self, key: str, stream: BinaryIO) -> None:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        with part.open("wb") as target:
            shutil.copyfileobj(stream, target, 1 << 20)
        part.replace(path)

    def open(self, key: str) -> BinaryIO:
        return self._path(key).open("rb")

    def erase(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.root / key[:2] / key
