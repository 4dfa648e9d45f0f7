"""Ports, processes and waiting: what every bench needs of this machine."""

import contextlib
import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import psutil

START_TIMEOUT_SECONDS = 60.0  # until a started process must answer


def find_free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_listening(port: int) -> bool:
    """Whether something accepts connections on ``port``."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_reachable(url: str) -> bool:
    """Whether ``url`` is answered with any status below 500."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status < 500
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def call_json(url: str, order: dict | None = None, timeout: float = 20) -> Any:
    """POST ``order`` as JSON (or GET), and return the JSON of the response."""
    body = None if order is None else json.dumps(order).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=timeout) as response:
        return json.loads(response.read())


def wait_for(ready: Callable[[], Any], what: str, timeout: float = START_TIMEOUT_SECONDS, pause: float = 0.02) -> Any:
    """The first true answer of ``ready``; SystemExit naming ``what`` when it takes too long."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        found = ready()
        if found:
            return found
        time.sleep(pause)
    raise SystemExit(f"{what} did not come within {timeout:.0f} s")


def cpu_seconds(pids: list[int]) -> float:
    """Processor time that these processes have used; of one that has ended, none."""
    used = 0.0
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = psutil.Process(pid).cpu_times()
            used += times.user + times.system
    return used


def server_cpu_seconds(pid: int) -> float:
    """Processor time of a server with its child processes, also those that have ended."""
    server = psutil.Process(pid)
    used = cpu_seconds([pid, *(child.pid for child in server.children())])
    ended = server.cpu_times()
    return used + ended.children_user + ended.children_system
