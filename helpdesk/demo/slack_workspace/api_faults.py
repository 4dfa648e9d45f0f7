"""Faults on request: which of the next API requests fails, and how."""

import random
import select
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import flask

from helpdesk.demo import wsgi_server

FAULT_KINDS = (
    "ratelimited",
    "500_before",
    "500_after",
    "reset_before",
    "reset_after",
    "half_after",
    "hang_before",
    "hang_after",
    "late",
    "error",
)


@dataclass
class ApiFault:
    """One rule: `times` None means without end; `used` counts how often it was applied."""

    method: str
    kind: str
    times: int | None = 1
    probability: float | None = None
    skip: int = 0
    channel: str | None = None
    how: dict = field(default_factory=dict)
    used: int = 0
    generator: random.Random = field(default_factory=random.Random)

    def applies_to(self, method: str, channel: str) -> bool:
        """Whether the rule applies to this request; counts it."""
        if self.method not in ("*", method) or (self.channel and self.channel != channel):
            return False
        if self.times is not None and self.used >= self.times:
            return False
        if self.probability is not None and self.generator.random() >= self.probability:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.used += 1
        return True


class ApiFaults:
    """The active rules. The first one that applies to a request is used."""

    def __init__(self) -> None:
        self.rules: list[ApiFault] = []
        self._lock = threading.Lock()
        self._dark_until = 0.0
        self._late: list[tuple[float, Callable[[], object]]] = []

    def add(
        self,
        method: str,
        kind: str,
        *,
        times: int | None = 1,
        probability: float | None = None,
        seed: int = 0,
        skip: int = 0,
        channel: str | None = None,
        **how,
    ) -> ApiFault:
        """Add a rule; ValueError for an unknown kind. A probability without `times` applies without end."""
        if kind not in FAULT_KINDS:
            raise ValueError(f"unknown fault {kind!r}; known: {', '.join(FAULT_KINDS)}")
        if probability is not None and times == 1:
            times = None
        rule = ApiFault(method, kind, times, probability, skip, channel, how, generator=random.Random(seed))
        with self._lock:
            self.rules.append(rule)
        return rule

    def clear(self) -> None:
        """Remove all rules."""
        with self._lock:
            self.rules.clear()
            self._dark_until = 0.0

    def dark(self, seconds: float) -> None:
        """Reset every API request for so many seconds."""
        self._dark_until = time.monotonic() + seconds

    @property
    def is_dark(self) -> bool:
        return time.monotonic() < self._dark_until

    def store_later(self, seconds: float, store: Callable[[], object]) -> None:
        """Call ``store`` after so many seconds, or as soon as ``store_late_requests`` finds that they have passed."""
        with self._lock:
            self._late.append((time.time() + seconds, store))
        timer = threading.Timer(seconds, self.store_late_requests, kwargs={"until": time.time() + seconds})
        timer.daemon = True
        timer.start()

    def store_late_requests(self, until: float | None = None) -> None:
        """Store every late request that is due by now, each once, in the order of their times."""
        moment = time.time() if until is None else until
        with self._lock:
            due = sorted((late for late in self._late if late[0] <= moment), key=lambda late: late[0])
            self._late = [late for late in self._late if late not in due]
        for _, store in due:
            store()

    def choose(self, method: str, channel: str) -> ApiFault | None:
        """The rule that applies to this request, if any."""
        if not self.rules:
            return None
        with self._lock:
            return next((rule for rule in self.rules if rule.applies_to(method, channel)), None)


class ResetResponse(flask.Response):
    """A response that is a TCP reset."""

    def __call__(self, environ, start_response):
        wsgi_server.reset_connection(environ)


class HangingResponse(flask.Response):
    """No response until the client disconnects or `seconds` are over, then a TCP reset."""

    def __init__(self, seconds: float):
        super().__init__()
        self.seconds = seconds

    def __call__(self, environ, start_response):
        raw = environ.get("werkzeug.socket")
        end = time.monotonic() + self.seconds
        while time.monotonic() < end and not _wait_for_disconnect(raw):
            pass
        wsgi_server.reset_connection(environ)


class TruncatedResponse(flask.Response):
    """A response cut in the middle: its Content-Length is longer than its body."""

    def __init__(self, body: bytes):
        super().__init__(body, content_type="application/json; charset=utf-8")

    def __call__(self, environ, start_response):
        body = self.get_data()
        write = start_response("200 OK", [("Content-Type", self.content_type), ("Content-Length", str(len(body)))])
        write(body[: len(body) // 2])
        wsgi_server.reset_connection(environ) if environ.get("werkzeug.socket") is None else _shut_down_socket(
            environ["werkzeug.socket"]
        )
        return []


def _wait_for_disconnect(raw: socket.socket | None) -> bool:
    if raw is None:
        time.sleep(0.1)
        return False
    try:
        readable, _, _ = select.select([raw], [], [], 0.1)
        return bool(readable) and raw.recv(1, socket.MSG_PEEK) == b""
    except (OSError, ValueError):
        return True


def _shut_down_socket(raw: socket.socket) -> None:
    # After a plain close the written half still arrives; a reset might discard it.
    try:
        raw.shutdown(socket.SHUT_RDWR)
    finally:
        raise ConnectionResetError("cut on request of the demo")
