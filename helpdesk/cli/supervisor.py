"""Child processes: start them, restart those that end by themselves, and end them with this process."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import IO

STOP_TIMEOUT_SECONDS = 35.0  # until a process is killed; longer than a web process needs for open requests
PR_SET_PDEATHSIG = 1


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


class StopSignal:
    """Whether this process has received SIGTERM, SIGINT or SIGHUP."""

    def __init__(self) -> None:
        self._event = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._set)

    def _set(self, *_: object) -> None:
        self._event.set()

    def __bool__(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep until a signal arrives, ``seconds`` at most. True if one has arrived."""
        return self._event.wait(seconds)


def run_workers(targets: list[Callable[[], None]], timeout: float = STOP_TIMEOUT_SECONDS) -> None:
    """Fork a child for each of ``targets``, and restart one that ends a second later. Returns after a signal to end.

    Children have ``timeout`` seconds to end before they are killed.
    """
    stop_signal = StopSignal()
    running: dict[int, int] = {}
    due_times = dict.fromkeys(range(len(targets)), 0.0)
    while not stop_signal:
        for index, time_due in list(due_times.items()):
            if time.monotonic() >= time_due:
                running[_fork_worker(targets[index])] = index
                del due_times[index]
        while running:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if not pid:
                break
            due_times[running.pop(pid)] = time.monotonic() + 1
        stop_signal.wait(0.2)
    _stop_workers(list(running), timeout)


def _fork_worker(target: Callable[[], None]) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        die_with_parent()
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        target()
        status = 0
    except SystemExit as exit_error:
        status = exit_error.code if isinstance(exit_error.code, int) else 1
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
