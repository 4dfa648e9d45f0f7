"""Measures how much of the time in which it could have worked an installation was given a processor.

Other programs on the machine take the rest. What is late in a run is judged in seconds of the installation's own: on a
machine that gives it a tenth of the time, a hundred seconds are ten.
"""

import contextlib
import threading
import time
from pathlib import Path

import psutil

SAMPLE_SECONDS = 2.0
STARVED_SHARE = 0.5  # less than this, and a request may take twice its time
MIN_SHARE = 0.1  # however little it is given, a second counts as a tenth, so that every run ends


class MachineShare:
    """Samples the processes that this one started, by the kernel's times of running and of waiting for a processor."""

    def __init__(self) -> None:
        self.samples: list[tuple[float, float]] = []  # (monotonic time, share since the sample before)
        self._own_seconds = 0.0
        self._ended = threading.Event()
        self._last = (time.monotonic(), _read_times())

    def start(self) -> None:
        """Sample until ``stop``."""
        threading.Thread(target=self._watch, daemon=True).start()

    def stop(self) -> None:
        self._ended.set()

    def clock(self) -> float:
        """Seconds in which the installation could work, from any beginning."""
        last_share = self.samples[-1][1] if self.samples else 1.0
        return self._own_seconds + (time.monotonic() - self._last[0]) * last_share

    def given_between(self, start: float, end: float) -> float:
        """The seconds of the installation's own between two monotonic times."""
        total, begin = 0.0, start
        for when, share in self.samples:
            if when > begin:
                until = min(when, end)
                total, begin = total + max(0.0, until - begin) * share, max(begin, until)
        last_share = self.samples[-1][1] if self.samples else 1.0
        return total + max(0.0, end - begin) * last_share

    def was_starved(self, start: float, end: float) -> bool:
        """Whether the installation was given little time in a sample between these monotonic times."""
        during = [share for when, share in self.samples if start <= when <= end + SAMPLE_SECONDS]
        return bool(during) and min(during) < STARVED_SHARE

    def mean(self) -> float:
        """The mean share of all samples."""
        return sum(share for _, share in self.samples) / len(self.samples) if self.samples else 1.0

    def sample(self) -> None:
        """Take one sample."""
        before, known = self._last
        now, times = time.monotonic(), _read_times()
        ran = sum(times[task][0] - known[task][0] for task in times.keys() & known.keys())
        waited = sum(times[task][1] - known[task][1] for task in times.keys() & known.keys())
        share = max(MIN_SHARE, ran / (ran + waited)) if ran + waited > 0 else 1.0
        self._own_seconds += (now - before) * share
        self.samples.append((now, share))
        self._last = (now, times)

    def _watch(self) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            self.sample()


def _read_times() -> dict[str, tuple[int, int]]:
    """Nanoseconds of running and of waiting of each thread of the processes started here (/proc/*/task/*/schedstat)."""
    times = {}
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(OSError, ValueError):
            for task in Path(f"/proc/{process.pid}/task").iterdir():
                ran, waited, _ = (task / "schedstat").read_text().split()
                times[f"{process.pid}/{task.name}"] = (int(ran), int(waited))
    return times
