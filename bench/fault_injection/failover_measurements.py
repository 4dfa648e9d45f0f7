"""How long people and workers were out in a failover, and how much was logged meanwhile."""

import threading
import time

import requests

from bench.fault_injection.installation import Installation
from bench.fault_injection.journal import Journal

POLL_SECONDS = 0.25
SLOW_SECONDS = 3.0  # a request that takes longer counts as an outage for whoever waited
POST_METHOD = "chat.postMessage"


class FailoverMeasurements:
    """Polls from ``start`` on: whether a page is shown and when Slack gets a message."""

    def __init__(self, installation: Installation, journal: Journal, seconds: float) -> None:
        self.installation, self.journal, self.seconds = installation, journal, seconds
        self.posts: list[float] = []  # when a new post was seen
        self.pages: list[float] = []  # when the sign-in page was shown, which reads the database
        self.steps: dict[str, float] = {}
        self.logged: dict[str, int] = {}
        self._ended = threading.Event()

    def start(self) -> None:
        """Start both threads."""
        self.logged = self._log_sizes()
        self.started_at = time.monotonic()
        for work in (self._watch_posts, self._watch_pages):
            threading.Thread(target=work, daemon=True).start()

    def note_step(self, name: str) -> None:
        """Record that a step of the scenario has just been carried out."""
        self.steps[name] = time.monotonic()

    def summarize(self, ends: str) -> dict[str, object]:
        """The measurements as facts; ``ends`` names the step after which everything is to work again."""
        self._ended.set()
        began, over, end = min(self.steps.values()), self.steps[ends], self.started_at + self.seconds
        responses = [each for each in self.journal.responses if self.started_at < each.when < end]
        troubled = [each for each in responses if each.status >= 500 or each.when - each.started_at > SLOW_SECONDS]
        last = max((each.when for each in troubled if each.when > began), default=began)
        good = sorted(each.when for each in responses if each.status < 500)
        after = min((when for when in self.posts if when > over), default=None)
        return {
            "people: no answer": f"{_longest_gap(good):.1f} s at most",
            "people: last trouble": f"{last - over:+.1f} s from {ends}",
            "people: longest": f"{max((each.when - each.started_at for each in responses), default=0):.1f} s",
            "pages: none": f"{_longest_gap([each for each in self.pages if each < end]):.1f} s at most",
            "first post": "never" if after is None else f"{after - over:.1f} s after {ends}",
            "posts: none": f"{_longest_gap([each for each in self.posts if each < end]):.1f} s at most",
            "logged": {name: f"{(size - self.logged[name]) / 1000:.0f} KB" for name, size in self._log_sizes().items()},
        }

    def _watch_posts(self) -> None:
        count = 0
        while not self._ended.wait(POLL_SECONDS):
            try:
                now = requests.get(f"{self.installation.external_url}/inspection/calls", timeout=20).json()
            except requests.RequestException:
                continue
            if now.get(POST_METHOD, 0) > count:
                count = now[POST_METHOD]
                self.posts.append(time.monotonic())

    def _watch_pages(self) -> None:
        while not self._ended.wait(POLL_SECONDS):
            try:
                response = requests.get(f"{self.installation.portal}/readyz", timeout=40)
            except requests.RequestException:
                continue
            if response.status_code == 200:
                self.pages.append(time.monotonic())

    def _log_sizes(self) -> dict[str, int]:
        return {name: len(self.installation.log(name)) for name in (*self.installation.web_nodes, "workers")}


def _longest_gap(times: list[float]) -> float:
    return max((later - earlier for earlier, later in zip(times, times[1:], strict=False)), default=0.0)
