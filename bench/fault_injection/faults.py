"""What goes wrong meanwhile: a plan made from a seed, and the hands that carry it out. Only the main thread may do that."""

import contextlib
import heapq
import itertools
import os
import random
import signal
import time
from collections import Counter

from bench.fault_injection.installation import LEASE_SECONDS, Installation
from bench.fault_injection.journal import Journal

GRACE_SECONDS = 7.0  # seconds after a database's return in which a request that had waited may still say 503
LOCK_SECONDS = 10.0
# Of each Web API call: how often it goes wrong in which way. What lands late lands before the hold-off ends.
SLACK_FAULTS = (
    ("chat.postMessage", "ratelimited", 0.02, {"retry_after": 1}),
    ("chat.postMessage", "500_before", 0.02, {}),
    ("chat.postMessage", "500_after", 0.03, {}),
    ("chat.postMessage", "reset_before", 0.02, {}),
    ("chat.postMessage", "reset_after", 0.04, {}),
    ("chat.postMessage", "half_after", 0.02, {}),
    ("chat.postMessage", "late", 0.03, {"seconds": 3, "answer": "reset"}),
    ("chat.postMessage", "hang_after", 0.004, {"seconds": 30}),
    ("conversations.replies", "500_before", 0.1, {}),
    ("conversations.replies", "half_after", 0.05, {}),
    ("conversations.history", "reset_before", 0.1, {}),
    ("chat.update", "500_after", 0.03, {}),
    ("reactions.add", "reset_after", 0.03, {}),
)
# No 4xx of a recipient: it means greylisting, which is waited for longer than a run lasts.
MAIL_FAULTS = (
    ("data_4xx", 0.03, {}),
    ("drop_before_data", 0.03, {}),
    ("drop_after_data", 0.04, {}),
    ("drop_before_quit", 0.05, {}),
    ("delay", 0.02, {"seconds": 0.5}),
)
FAULT_KINDS = (
    "redis",
    "worker",
    "freeze",
    "database",
    "dark",
    "web",
    "workers",
    "revoked",
    "portal",
    "worker",
    "web",
    "redis",
)


class FaultPlan:
    """The faults of one run of ``seconds``. ``calm`` leaves the processes alone; ``lost`` is the share of events lost,
    ``more`` misbehaviour of Slack in front of the usual."""

    def __init__(
        self,
        there: Installation,
        ledger: Journal,
        seed: int,
        seconds: float,
        lost: float = 0.0,
        calm: bool = False,
        more=(),
    ):
        self.there, self.ledger = there, ledger
        self.seconds = seconds
        self.lost = lost
        self.slack = (*more, *SLACK_FAULTS)
        self.seed = seed
        self.dice = random.Random(f"{seed} trouble")  # noqa: S311, a script's dice
        self.struck: Counter[str] = Counter()
        self._steps: list[tuple[float, int, str, tuple]] = []
        self._order = itertools.count()
        self._frozen: set[int] = set()
        self._down: set[str] = set()
        self._outage: list[float] | None = None
        self._asleep_with_lock: list[float] | None = None
        self.is_over = False
        if not calm:
            self._plan()

    def begin(self) -> None:
        """Let the outside misbehave from now on; the plan's clock starts."""
        for number, (method, kind, chance, how) in enumerate(self.slack):
            self.there.control(
                "misbehave", method=method, kind=kind, probability=chance, seed=self.seed + number, **how
            )
        for number, (kind, chance, how) in enumerate(MAIL_FAULTS):
            self.there.mailbox(kind=kind, probability=chance, seed=self.seed + number, **how)
        self.there.control("event_faults", doubled=0.15, reordered=0.15, lost=self.lost, seed=self.seed, hold=1.5)
        self.began = time.monotonic()

    def work(self) -> None:
        """Carry out what is due."""
        now = time.monotonic() - self.began
        while self._steps and self._steps[0][0] <= now:
            _, _, name, arguments = heapq.heappop(self._steps)
            getattr(self, f"_{name}")(*arguments)

    def mend(self) -> None:
        """End every trouble: what was stopped goes on, what was killed runs again. The outside's small daily misbehaviour stays,
        for most of what an outage held up leaves after it."""
        self.there.control("event_faults")
        self.there.control("dark", seconds=0)
        self.there.control("unrevoke")
        for pid in list(self._frozen):
            self._wake(pid)
        if self._outage is not None:
            self._unlock()
        for name in list(self._down):
            self._start(name)
        self._steps.clear()
        self.is_over = True

    def end(self) -> None:
        """Let the outside behave from now on."""
        self.there.control("behave")
        self.there.mailbox(behave=True)

    def _plan(self) -> None:
        count = max(len(FAULT_KINDS) - 3, round(self.seconds / 4))
        kinds = [FAULT_KINDS[number % len(FAULT_KINDS)] for number in range(count)]
        self.dice.shuffle(kinds)
        room = self.seconds * 0.8 / count
        for number, kind in enumerate(kinds):
            self._at(self.seconds * 0.05 + room * (number + self.dice.random()), kind)

    def _at(self, when: float, name: str, *arguments) -> None:
        heapq.heappush(self._steps, (when, next(self._order), name, arguments))

    def _in(self, seconds: float, name: str, *arguments) -> None:
        self._at(time.monotonic() - self.began + seconds, name, *arguments)

    def _redis(self) -> None:
        self._take_down("redis", self.dice.uniform(1, 4), "redis wiped")

    def _workers(self) -> None:
        self._take_down("workers", 1.0, "all workers")

    def _portal(self) -> None:
        bodies = self.there.bodies("web")
        if self._take_down("web", 0.5, "whole portal"):
            self._kill(bodies)

    def _worker(self) -> None:
        self._kill_one("workers", "worker")

    def _web(self) -> None:
        self._kill_one("web", "web process")

    def _freeze(self) -> None:
        bodies = self.there.bodies("workers")
        if bodies and not self._frozen:
            pid = self.dice.choice(bodies)
            _send_signal(pid, signal.SIGSTOP)
            self._frozen.add(pid)
            self.struck["worker stopped"] += 1
            if self._outage is None and self.there.database.is_locked():  # by the one that sleeps
                self._asleep_with_lock = self.ledger.database_is_out()
            # Longer than its lease. Not longer than lease and hold-off together: that nobody can promise (README).
            self._in(LEASE_SECONDS + 3, "wake", pid)

    def _dark(self) -> None:
        self.there.control("dark", seconds=min(60.0, self.seconds / 4))
        self.struck["slack dark"] += 1

    def _revoked(self) -> None:
        self.there.control("revoke", seconds=min(60.0, self.seconds / 4))
        self.struck["token revoked"] += 1

    def _database(self) -> None:
        if self._outage is not None:
            return
        if self._frozen:  # maybe with the lock in its hand, and it wakes only when it is its turn here
            self._in(2.0, "database")
            return
        self.struck["database"] += 1
        self._outage = self.ledger.database_is_out()
        if self.there.database.kind == "sqlite":
            self.there.database.lock()
            self._in(LOCK_SECONDS, "unlock")
        else:
            self.there.database.restart_immediately()
            self._back()

    def _unlock(self) -> None:
        if self._outage is not None:
            self.there.database.unlock()
            self._back()

    def _back(self) -> None:
        self.ledger.database_is_back(self._outage, GRACE_SECONDS)
        self._outage = None

    def _take_down(self, name: str, seconds: float, called: str) -> bool:
        if name in self._down:
            return False
        self.there.kill(name)
        self._down.add(name)
        self.struck[called] += 1
        self._in(seconds, "start", name)
        return True

    def _start(self, name: str) -> None:
        if name in self._down:
            getattr(self.there, f"start_{name}")()
            self._down.discard(name)

    def _kill_one(self, name: str, called: str) -> None:
        bodies = [pid for pid in self.there.bodies(name) if pid not in self._frozen]
        if bodies:
            self._kill([self.dice.choice(bodies)])
            self.struck[called] += 1

    def _kill(self, bodies: list[int]) -> None:
        for pid in bodies:
            _send_signal(pid, signal.SIGKILL)

    def _wake(self, pid: int) -> None:
        _send_signal(pid, signal.SIGCONT)
        self._frozen.discard(pid)
        if self._asleep_with_lock is not None:
            self.ledger.database_is_back(self._asleep_with_lock, GRACE_SECONDS)
            self._asleep_with_lock = None


def _send_signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
