"""How long people and workers were out in a failover, how much was logged meanwhile, and what of it was too much."""

import threading
import time
from collections.abc import Callable

import requests

from bench.fault_injection.installation import Installation
from bench.fault_injection.journal import Journal, RecordedResponse

POLL_SECONDS = 0.25
SLOW_SECONDS = 3.0  # a request that takes longer counts as an outage for whoever waited
POST_METHOD = "chat.postMessage"
# What the product promises, in seconds in which it was given a processor (bench.fault_injection.machine_share).
MAX_ANSWER_SECONDS = 10.0  # without any answer, beside the time from the first step to the one that ends the outage
MAX_POST_SECONDS = 15.0  # from that step until Slack gets a message
MAX_LOGGED_BYTES = 100_000  # by each node

Interval = tuple[float, float]


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
        responses = self._list_responses()
        troubled = [each for each in responses if each.status >= 500 or each.when - each.started_at > SLOW_SECONDS]
        last = max((each.when for each in troubled if each.when > began), default=began)
        after = self._find_first_post(over)
        return {
            "people: no answer": f"{_longest_gap(self._list_answer_times()):.1f} s at most",
            "people: last trouble": f"{last - over:+.1f} s from {ends}",
            "people: longest": f"{max((each.when - each.started_at for each in responses), default=0):.1f} s",
            "pages: none": f"{_longest_gap([each for each in self.pages if each < end]):.1f} s at most",
            "first post": "never" if after is None else f"{after - over:.1f} s after {ends}",
            "posts: none": f"{_longest_gap([each for each in self.posts if each < end]):.1f} s at most",
            "logged": {name: f"{size / 1000:.0f} KB" for name, size in self._list_logged().items()},
        }

    def list_overruns(self, ends: str, given_between: Callable[[float, float], float]) -> list[str]:
        """What was longer or more than it may be; ``given_between`` gives the run's own seconds between two times."""
        outage = min(self.steps.values()), self.steps[ends]
        answers = self._list_answer_times()
        gaps = zip(answers, answers[1:], strict=False)
        waited = max((sum(given_between(*part) for part in _list_outside(gap, outage)) for gap in gaps), default=0)
        found = []
        if waited > MAX_ANSWER_SECONDS:
            found.append(f"nobody got an answer for {waited:.1f} s of its own time beside the outage")
        after = self._find_first_post(outage[1])
        if after is None:
            found.append(f"Slack got no message after {ends}")
        elif (late := given_between(outage[1], after)) > MAX_POST_SECONDS:
            found.append(f"Slack got the first message {late:.1f} s of its own time after {ends}")
        found += [
            f"{name} logged {size:,} bytes" for name, size in self._list_logged().items() if size > MAX_LOGGED_BYTES
        ]
        return found

    def _list_responses(self) -> list[RecordedResponse]:
        end = self.started_at + self.seconds
        return [each for each in self.journal.responses if self.started_at < each.when < end]

    def _list_answer_times(self) -> list[float]:
        return sorted(each.when for each in self._list_responses() if each.status < 500)

    def _find_first_post(self, after: float) -> float | None:
        return min((when for when in self.posts if when > after), default=None)

    def _list_logged(self) -> dict[str, int]:
        return {name: size - self.logged[name] for name, size in self._log_sizes().items()}

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


def _list_outside(gap: Interval, outage: Interval) -> list[Interval]:
    """The parts of ``gap`` that are not in ``outage``."""
    parts = (gap[0], min(gap[1], outage[0])), (max(gap[0], outage[1]), gap[1])
    return [(start, end) for start, end in parts if start < end]


def _longest_gap(times: list[float]) -> float:
    return max((later - earlier for earlier, later in zip(times, times[1:], strict=False)), default=0.0)
