"""Child processes: start them, restart those that end by themselves, and end them with this process."""

import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO

from gunicorn.systemd import sd_notify

from helpdesk.stop_signal import StopSignal

STOP_TIMEOUT_SECONDS = 35.0  # until a process is killed; longer than a web process needs for open requests
SILENT_SECONDS = 90.0  # until a child that says nothing is replaced
PR_SET_PDEATHSIG = 1

Beat = Callable[[], None]
log = logging.getLogger(__name__)


def die_with_parent(number: int = signal.SIGTERM) -> None:
    """Let Linux send this process ``number`` when its parent ends, however it ends. Does nothing elsewhere."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number)


def start_process(
    command: list[str], environment: dict[str, str], output: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl-C reaches only this process, which ends it in order."""
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        start_new_session=True,
        preexec_fn=die_with_parent,  # safe: no thread runs before the children are started
    )


def stop_processes(children: list[subprocess.Popen[bytes]], timeout: float = STOP_TIMEOUT_SECONDS) -> None:
    """Send SIGTERM to all, wait for them together, and kill those left after ``timeout`` seconds."""
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + timeout
    for child in children:
        try:
            child.wait(max(0.05, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@dataclass
class Child:
    """A forked process: which target it runs, and when it last said that it gets on."""

    index: int
    beats: int  # the descriptor to read its beats from
    beaten_at: float = field(default_factory=time.monotonic)

    def is_silent(self) -> bool:
        """Whether the process has said nothing for SILENT_SECONDS: it hangs as a whole, or was stopped."""
        with contextlib.suppress(BlockingIOError):
            if os.read(self.beats, 4096):
                self.beaten_at = time.monotonic()
        return time.monotonic() - self.beaten_at > SILENT_SECONDS


def run_workers(targets: list[Callable[[Beat], None]], timeout: float = STOP_TIMEOUT_SECONDS) -> None:
    """Fork a child for each of ``targets``, and replace one that ends or falls silent. Returns after a signal to end.

    A target is given a function to call every few seconds. Children have ``timeout`` seconds to end before they are
    killed. Under systemd with Type=notify and WatchdogSec, systemd is notified that this process gets on.
    """
    stop_signal = StopSignal()
    running: dict[int, Child] = {}
    due_times = dict.fromkeys(range(len(targets)), 0.0)
    notify = SystemdNotifier()
    while not stop_signal:
        for index, time_due in list(due_times.items()):
            if time.monotonic() >= time_due:
                pid, beats = _fork_worker(targets[index])
                running[pid] = Child(index, beats)
                del due_times[index]
        notify.beat()
        for pid, child in running.items():
            if child.is_silent():
                log.error("Process %s has been silent for %.0f s and is replaced.", pid, SILENT_SECONDS)
                child.beaten_at = time.monotonic()
                os.kill(pid, signal.SIGKILL)
        while running:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if not pid:
                break
            if pid in running:
                ended = running.pop(pid)
                os.close(ended.beats)
                due_times[ended.index] = time.monotonic() + 1
        stop_signal.wait(0.2)
    notify.stopping()
    _stop_workers(list(running), timeout)


class SystemdNotifier:
    """Messages to systemd (sd_notify(3)); nothing where it did not start this process."""

    def __init__(self) -> None:
        self._interval = int(os.environ.get("WATCHDOG_USEC", "0")) / 1e6 / 3
        self._next: float | None = None

    def beat(self) -> None:
        """Say that this process is ready, and then, in time for WatchdogSec, that it gets on."""
        if self._next is None:
            sd_notify("READY=1", log)
        elif not self._interval or time.monotonic() < self._next:
            return
        if self._interval:
            sd_notify("WATCHDOG=1", log)
        self._next = time.monotonic() + self._interval

    def stopping(self) -> None:
        """Say that this process ends."""
        sd_notify("STOPPING=1", log)


def _fork_worker(target: Callable[[Beat], None]) -> tuple[int, int]:
    """Fork a child that runs ``target``. Returns its id and the descriptor to read its beats from."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    os.close(reading)

    def beat() -> None:
        with contextlib.suppress(OSError):
            os.write(writing, b".")

    status = 1
    try:
        die_with_parent()
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        target(beat)
        status = 0
    except SystemExit as exit_error:
        status = exit_error.code if isinstance(exit_error.code, int) else 1
    except Exception:
        log.exception("A process ended with an error, and another takes its place")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _stop_workers(pids: list[int], timeout: float) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + timeout
    while pids and time.monotonic() < deadline:
        pids = [pid for pid in pids if os.waitpid(pid, os.WNOHANG)[0] == 0]
        time.sleep(0.05)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
