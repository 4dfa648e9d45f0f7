"""What goes on beside a measurement: open live pages, and pages that are asked for so many times a second."""

import itertools
import threading
import time
from collections.abc import Callable

from bench import live
from bench.environment import BenchEnvironment
from bench.http_client import HttpClient
from helpdesk.demo import personas

CUSTOMER_EMAIL = "grant@initech.example"  # of another organization than the one that is measured
CLIENTS = 5  # that ask, by turns for pages of a customer and of an agent
LOOK_SECONDS = 2.0  # between two looks for streams that the server has ended, which it does within a minute


class BackgroundLoad:
    """``streams`` open live pages and ``requests`` a second, within the block. ``asked``: how many were answered."""

    def __init__(self, environment: BenchEnvironment, streams: int, requests: float) -> None:
        self.environment, self.stream_count, self.requests = environment, streams, requests
        self.asked = self.failed = 0
        self._counting = threading.Lock()
        self._ended = threading.Event()
        self._streams: list = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> "BackgroundLoad":
        if self.stream_count:
            cookie = self.environment.cookie(CUSTOMER_EMAIL)
            self._streams = live.open_streams(self.environment, cookie, self.stream_count)
            self._start(lambda: self._keep_open(cookie))
        for number in range(CLIENTS if self.requests else 0):
            self._start(lambda number=number: self._ask(number))
        return self

    def __exit__(self, *_) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(30)
        for stream in self._streams:
            stream.close()

    def _start(self, run: Callable[[], None]) -> None:
        self._threads.append(threading.Thread(target=run, daemon=True))
        self._threads[-1].start()

    def _keep_open(self, cookie: str) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            self._streams = live.replace_ended_streams(self.environment, cookie, self._streams)

    def _ask(self, number: int) -> None:
        is_agent = bool(number % 2)
        email = personas.AGENTS[2].email if is_agent else CUSTOMER_EMAIL
        client: HttpClient = self.environment.browser(email)
        paths = itertools.cycle(("/desk", "/desk?view=open", "/desk?view=all") if is_agent else ("/tickets",))
        due = time.monotonic()
        while not self._ended.is_set():
            status = client.get(next(paths)).status
            with self._counting:
                self.asked += status == 200
                self.failed += status != 200
            due = max(due + CLIENTS / self.requests, time.monotonic() - 1)  # what was missed is not made up for
            self._ended.wait(max(0.0, due - time.monotonic()))
