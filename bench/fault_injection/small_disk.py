"""A file system of its own in memory, small enough to be filled. Needs root."""

import contextlib
import errno
import subprocess
from pathlib import Path

SIZE_MEGABYTES = 160
BLOCK = b"\0" * 65536


class SmallDisk:
    """A mounted tmpfs; ``fill`` leaves no free block on it until ``empty``."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.filler = folder / "filler"
        folder.mkdir()
        options = ["-t", "tmpfs", "-o", f"size={SIZE_MEGABYTES}m,mode=755", "tmpfs"]
        subprocess.run(["mount", *options, str(folder)], check=True)

    def fill(self) -> bool:
        with self.filler.open("ab", buffering=0) as filler, contextlib.suppress(OSError):
            while True:
                if filler.write(BLOCK) < len(BLOCK):
                    raise OSError(errno.ENOSPC, "full")
        return True

    def empty(self) -> None:
        self.filler.unlink(missing_ok=True)

    def unmount(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=False)
