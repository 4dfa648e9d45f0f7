"""Processes of ours: started, started again when they end by themselves, and ended with us whatever happens to us."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

STOP_TIMEOUT_SECONDS = (
    35.0  # seconds a process has to end before it is killed; longer than a web process needs for its last answers
)
PR_SET_PDEATHSIG = 1


def die_with_parent(number: int = signal.SIGTERM) -> None:
    """Ask Linux to send this process ``number`` when its parent ends, however it ends. Elsewhere nothing happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number)


def start_process(command: list[str], environment: dict[str, str], output=None) -> subprocess.Popen:
    """A child in a session of its own, so that Ctrl-C reaches only us and we end it in our order."""
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        start_new_session=True,
        preexec_fn=die_with_parent,  # nothing here runs threads before its children are started
    )


def stop_processes(children: list[subprocess.Popen], patience: float = STOP_TIMEOUT_SECONDS) -> None:
    """Ask all to end at once, wait together, kill what is left."""
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + patience
    for child in children:
        try:
            child.wait(max(0.05, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


class StopSignal:
    """Whether SIGTERM, SIGINT or SIGHUP has told this process to end."""

    def __init__(self):
        self._told = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._tell)

    def _tell(self, *_) -> None:
        self._told.set()

    def __bool__(self) -> bool:
        return self._told.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep, at most until told. True once told."""
        return self._told.wait(seconds)


def run_workers(bodies: list[Callable[[], None]], patience: float = STOP_TIMEOUT_SECONDS) -> None:
    """Fork a child for each of ``bodies`` and start anew, a second later, any that ends. Returns after being told to end."""
    told = StopSignal()
    running: dict[int, int] = {}
    due = dict.fromkeys(range(len(bodies)), 0.0)
    while not told:
        for place, when in list(due.items()):
            if time.monotonic() >= when:
                running[_fork_worker(bodies[place])] = place
                del due[place]
        while running:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if not pid:
                break
            due[running.pop(pid)] = time.monotonic() + 1
        told.wait(0.2)
    _stop_workers(list(running), patience)


def _fork_worker(body: Callable[[], None]) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        die_with_parent()
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        body()
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _stop_workers(pids: list[int], patience: float) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while pids and time.monotonic() < deadline:
        pids = [pid for pid in pids if os.waitpid(pid, os.WNOHANG)[0] == 0]
        time.sleep(0.05)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
