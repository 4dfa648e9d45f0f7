"""Counters and histograms of what the processes of this machine do: requests, live streams and deliveries.

Web processes and workers write them into files below VAR_DIR/metrics, which any web process adds up for /metrics.
"""

import contextlib
import os
import shutil
from pathlib import Path

from helpdesk import config

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client looks for it when it is imported
MIN_FREE_BYTES = 1024 * 1024  # a file grows by 64 KB and more


def prepare_folder(var: str, program: str) -> None:
    """Let this process and its children write their metrics into an empty folder. Before prometheus_client is imported.

    Where none can be made, each process has metrics of its own.
    """
    folders = Path(var) / "metrics"
    with contextlib.suppress(OSError):
        folder = folders / f"{program}-{os.getpid()}"
        for other in folders.glob(f"{program}-*"):
            if other == folder or not _is_running(other.name):
                shutil.rmtree(other, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        os.environ[VARIABLE] = str(folder)


def forget_process(pid: int) -> None:
    """Take back what a process that has ended wrote about the present; what it counted stays."""
    if is_shared():
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(pid)


def is_shared() -> bool:
    """Whether the processes of this program write their metrics into files."""
    return bool(os.environ.get(VARIABLE))


def has_free_space() -> bool:
    """Whether a file of this program may grow.

    A page of a mapped file that a full disk has no space for ends its process (SIGBUS).
    """
    folder = os.environ.get(VARIABLE)
    if not folder:
        return True
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize >= MIN_FREE_BYTES


def list_files() -> list[str]:
    """Return the files of all programs on this machine."""
    return [str(path) for path in sorted((Path(config.current().VAR_DIR) / "metrics").glob("*/*.db"))]


def _is_running(name: str) -> bool:
    """Whether the process whose id ends the folder's ``name`` is there."""
    try:
        os.kill(int(name.rpartition("-")[2]), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        pass
    return True
