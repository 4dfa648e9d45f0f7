"""A control group of Linux that holds processes to a share of a core, so that one machine can be several small ones."""

import contextlib
import os
from pathlib import Path

FIRST, SECOND = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")  # where versions 1 and 2 keep it
PERIOD_MICROSECONDS = 20_000


class CpuQuota:
    """``share`` of a core for the processes that are added, and for what they start afterwards. Needs root."""

    def __init__(self, name: str) -> None:
        self._is_first = (FIRST / "cpu.shares").exists()
        self.folder = (FIRST if self._is_first else SECOND) / f"{name}-{os.getpid()}"
        self.folder.mkdir()

    def add(self, pid: int) -> None:
        """Put a process into the group."""
        (self.folder / "cgroup.procs").write_text(str(pid))

    def limit(self, share: float) -> None:
        """Give the group ``share`` of a core from now on, before any other program of the machine."""
        quota = round(share * PERIOD_MICROSECONDS)
        if self._is_first:
            (self.folder / "cpu.shares").write_text("262144")
            (self.folder / "cpu.cfs_period_us").write_text(str(PERIOD_MICROSECONDS))
            (self.folder / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            (self.folder / "cpu.weight").write_text("10000")
            (self.folder / "cpu.max").write_text(f"{quota} {PERIOD_MICROSECONDS}")

    def remove(self) -> None:
        """Remove the group; its processes have ended."""
        with contextlib.suppress(OSError):
            self.folder.rmdir()
