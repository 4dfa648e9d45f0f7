"""Plans faults from a seed and carries them out, in the main thread only."""

import contextlib
import heapq
import itertools
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable

from bench.fault_injection import scenario
from bench.fault_injection.installation import Installation
from bench.fault_injection.journal import Journal

GRACE_SECONDS = 7.0  # after the database is back, a request that waited for it may still get a 503
LOCK_SECONDS = 10.0
IN_DOUBT = ("unknown", "failed", "on_hold")
# (method, kind of fault, probability, options). A post that arrives late arrives before the hold-off ends.
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
    ("chat.update", "reset_after", 0.03, {}),
    ("chat.delete", "500_after", 0.05, {}),
    ("chat.delete", "reset_before", 0.05, {}),
    ("reactions.add", "reset_after", 0.03, {}),
)
# No 4xx for a recipient: that means greylisting (RFC 6647), whose retry comes after the run.
MAIL_FAULTS = (
    ("data_4xx", 0.03, {}),
    ("drop_before_data", 0.03, {}),
    ("drop_after_data", 0.04, {}),
    ("drop_before_quit", 0.05, {}),
    ("delay", 0.02, {"seconds": 0.5}),
)
FAULT_KINDS = (
    "retry",
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
    "card",
    "disk",
)
REPLIES_LAG_SECONDS = 1.5  # until Slack lists a stored reply; shorter than the hold-off
DISK_FULL_SECONDS = 5.0


class FaultPlan:
    """The faults of one run of ``seconds``.

    ``calm`` leaves the processes alone, otherwise something befalls one ``every`` so many seconds; ``lost`` is the
    share of Slack events that are lost; ``more`` are Slack faults that come before ``SLACK_FAULTS``.
    """

    def __init__(
        self,
        installation: Installation,
        journal: Journal,
        seed: int,
        seconds: float,
        lost: float = 0.0,
        calm: bool = False,
        more=(),
        every: float = 4.0,
    ):
        self.installation, self.journal = installation, journal
        self.seconds = seconds
        self.every = every
        self.lost = lost
        self.slack = (*more, *SLACK_FAULTS)
        self.seed = seed
        self.random = random.Random(f"{seed} faults")  # noqa: S311, not for secrets
        self.fault_counts: Counter[str] = Counter()
        self._steps: list[tuple[float, int, str, tuple]] = []
        self._order = itertools.count()
        self._frozen: set[int] = set()
        self._down: set[str] = set()
        self._outage: list[float] | None = None
        self._stopped_with_lock: list[float] | None = None
        self._full_disk: list[float] | None = None
        self.is_over = False
        if not calm:
            self._plan()

    def start_faults(self) -> None:
        """Start the faults of Slack and the mail server; the planned times count from now."""
        for number, (method, kind, chance, how) in enumerate(self.slack):
            self.installation.control(
                "misbehave", method=method, kind=kind, probability=chance, seed=self.seed + number, **how
            )
        for number, (kind, chance, how) in enumerate(MAIL_FAULTS):
            self.installation.mailbox(kind=kind, probability=chance, seed=self.seed + number, **how)
        self.installation.control(
            "event_faults", doubled=0.15, reordered=0.15, lost=self.lost, seed=self.seed, hold=1.5
        )
        self.installation.control("delay_replies", seconds=REPLIES_LAG_SECONDS)
        self.started_at = time.monotonic()

    def run_due(self) -> None:
        """Carry out the planned faults that are due."""
        now = time.monotonic() - self.started_at
        while self._steps and self._steps[0][0] <= now:
            _, _, name, arguments = heapq.heappop(self._steps)
            getattr(self, f"_{name}")(*arguments)

    def end_process_faults(self) -> None:
        """Continue every stopped process and restart every killed one.

        The faults of Slack and the mail server go on, because most of what an outage delayed is sent after it.
        """
        self.installation.control("event_faults")
        self.installation.control("dark", seconds=0)
        self.installation.control("unrevoke")
        for pid in list(self._frozen):
            self._wake(pid)
        if self._outage is not None:
            self._unlock()
        self._empty_disk()
        for name in list(self._down):
            self._start(name)
        self._steps.clear()
        self.is_over = True

    def stop_faults(self) -> None:
        """End the faults of Slack and the mail server."""
        self.installation.control("behave")
        self.installation.mailbox(behave=True)

    def measurements(self) -> dict[str, object]:
        """What was measured beside the checks."""
        return {}

    def list_overruns(self, _given_between: Callable[[float, float], float]) -> list[str]:
        """What was longer or more than it may be."""
        return []

    def _plan(self) -> None:
        count = max(len(FAULT_KINDS) - 3, round(self.seconds / self.every))
        kinds = [FAULT_KINDS[number % len(FAULT_KINDS)] for number in range(count)]
        self.random.shuffle(kinds)
        interval = self.seconds * 0.8 / count
        for number, kind in enumerate(kinds):
            self._schedule_at(self.seconds * 0.05 + interval * (number + self.random.random()), kind)

    def _schedule_at(self, when: float, name: str, *arguments) -> None:
        heapq.heappush(self._steps, (when, next(self._order), name, arguments))

    def _schedule_in(self, seconds: float, name: str, *arguments) -> None:
        self._schedule_at(time.monotonic() - self.started_at + seconds, name, *arguments)

    def _redis(self) -> None:
        self._take_down("redis", self.random.uniform(1, 4), "redis wiped")

    def _workers(self) -> None:
        self._take_down("workers", 1.0, "all workers")

    def _portal(self) -> None:
        pids = self.installation.child_pids("web")
        if self._take_down("web", 0.5, "whole portal"):
            self._kill(pids)

    def _worker(self) -> None:
        self._kill_one("workers", "worker")

    def _web(self) -> None:
        self._kill_one("web", "web process")

    def _freeze(self) -> None:
        pids = self.installation.child_pids("workers")
        if pids and not self._frozen:
            pid = self.random.choice(pids)
            _send_signal(pid, signal.SIGSTOP)
            self._frozen.add(pid)
            self.fault_counts["worker stopped"] += 1
            if self._outage is None and self.installation.database.is_locked():  # by the stopped worker
                self._stopped_with_lock = self.journal.start_outage()
            # Longer than its lease, but shorter than lease and hold-off together (the limit is in the README).
            self._schedule_in(self.installation.lease + 3, "wake", pid)

    def _retry(self) -> None:
        """Twice at once, as two people who press Retry; what is in doubt must still be looked for first."""
        for _ in range(2):
            self.installation.start_command("deliveries", "retry", "--all", "--state", self.random.choice(IN_DOUBT))
        self.fault_counts["retried by hand"] += 1

    def _card(self) -> None:
        """An admin of the workspace deletes a ticket's card; its thread stays below a tombstone."""
        threads = [
            (ticket.subject, channel, ts)
            for ticket in self.journal.list_filed()
            for channel, ts in ticket.threads.items()
            if ts not in self.journal.deleted_roots
        ]
        if threads:
            subject, channel, ts = self.random.choice(threads)
            self.journal.deleted_roots.add(ts)
            self.journal.deleted_cards.add((subject, channel))
            self.installation.control("delete", user=scenario.SLACK_ADMIN, channel=channel, ts=ts)
            self.fault_counts["card deleted"] += 1

    def _disk(self) -> None:
        if self.installation.fill_disk():
            self._full_disk = self.journal.start_outage()
            self.fault_counts["disk full"] += 1
            self._schedule_in(DISK_FULL_SECONDS, "empty_disk")

    def _empty_disk(self) -> None:
        if self._full_disk is not None:
            self.installation.empty_disk()
            self.journal.end_outage(self._full_disk, GRACE_SECONDS)
            self._full_disk = None

    def _dark(self) -> None:
        self.installation.control("dark", seconds=min(60.0, self.seconds / 4))
        self.fault_counts["slack dark"] += 1

    def _revoked(self) -> None:
        self.installation.control("revoke", seconds=min(60.0, self.seconds / 4))
        self.fault_counts["token revoked"] += 1

    def _database(self) -> None:
        if self._outage is not None:
            return
        if self._frozen:  # it may hold the lock, and only a later step of this plan continues it
            self._schedule_in(2.0, "database")
            return
        self.fault_counts["database"] += 1
        self._outage = self.journal.start_outage()
        if self.installation.database.kind == "sqlite":
            self.installation.database.lock()
            self._schedule_in(LOCK_SECONDS, "unlock")
        else:
            self.installation.database.restart_immediately()
            self._end_database_outage()

    def _unlock(self) -> None:
        if self._outage is not None:
            self.installation.database.unlock()
            self._end_database_outage()

    def _end_database_outage(self) -> None:
        self.journal.end_outage(self._outage, GRACE_SECONDS)
        self._outage = None

    def _take_down(self, name: str, seconds: float, label: str) -> bool:
        if name in self._down:
            return False
        self.installation.kill(name)
        self._down.add(name)
        self.fault_counts[label] += 1
        self._schedule_in(seconds, "start", name)
        return True

    def _start(self, name: str) -> None:
        if name in self._down:
            getattr(self.installation, f"start_{name}")()
            self._down.discard(name)

    def _kill_one(self, name: str, label: str) -> None:
        pids = [pid for pid in self.installation.child_pids(name) if pid not in self._frozen]
        if pids:
            self._kill([self.random.choice(pids)])
            self.fault_counts[label] += 1

    def _kill(self, pids: list[int]) -> None:
        for pid in pids:
            _send_signal(pid, signal.SIGKILL)

    def _wake(self, pid: int) -> None:
        _send_signal(pid, signal.SIGCONT)
        self._frozen.discard(pid)
        if self._stopped_with_lock is not None:
            self.journal.end_outage(self._stopped_with_lock, GRACE_SECONDS)
            self._stopped_with_lock = None


def _send_signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
