"""Ends this process when one of its threads does not get on, so that another process takes its place.

Python cannot interrupt a thread that waits inside a driver. What the thread had claimed is free after its lease.
"""

import faulthandler
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from typing import Protocol

CHECK_SECONDS = 2.0
STALLED_STATUS = 70  # with which the process ends
log = logging.getLogger(__name__)


class Clock(Protocol):
    """Anything that knows what it does at the moment."""

    def find_stalled(self) -> str | None: ...


class ProgressClock:
    """What one thread does at the moment, and since when; it is stalled after ``limit`` seconds with one thing."""

    def __init__(self, name: str, limit: float) -> None:
        self.name, self.limit = name, limit
        self._busy: tuple[str, float] | None = None

    def begin(self, what: str) -> None:
        """Record that the thread begins ``what``; the time it takes counts from now."""
        self._busy = (what, time.monotonic())

    def end(self) -> None:
        """Record that it is done. A thread that waits for the next task is not stalled."""
        self._busy = None

    def find_stalled(self) -> str | None:
        """What the thread has been doing for too long, in words; None if it gets on."""
        busy = self._busy
        if busy is None or time.monotonic() - busy[1] <= self.limit:
            return None
        return f"{self.name} has been at {busy[0]} for {time.monotonic() - busy[1]:.0f} s"


def start(clocks: Iterable[Clock], beat: Callable[[], None]) -> threading.Thread:
    """Check ``clocks`` in a thread of its own. While all get on, call ``beat``, by which the parent process knows."""
    thread = threading.Thread(target=_watch, args=(list(clocks), beat), name="watchdog", daemon=True)
    thread.start()
    return thread


def _watch(clocks: list[Clock], beat: Callable[[], None]) -> None:
    while True:
        stalled = [found for clock in clocks if (found := clock.find_stalled())]
        if stalled:
            log.error("This process does not get on and is replaced: %s", "; ".join(stalled))
            faulthandler.dump_traceback(all_threads=True)
            os._exit(STALLED_STATUS)
        beat()
        time.sleep(CHECK_SECONDS)
