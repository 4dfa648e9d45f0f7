"""What happens if and only if the transaction commits: a worker is woken, open pages are told to look again.

Both are doorbells. Nobody answering is fine: the sweep finds every row that waits, and pages poll once a minute.
"""

import logging
import time
from datetime import timedelta
from typing import Any

from redis.exceptions import RedisError
from rq import Queue
from sqlalchemy import event

from helpdesk import extensions

CHANGED = "helpdesk:changed"  # the one Redis channel; a message is a space-separated list of topics
JOB_TIMEOUT = 120  # seconds a job may run; leases are longer
AT_THE_SAME_TIME = timedelta(seconds=0.1)  # a row due within it of being written is rung for as it is written
REMIND_AFTER = 5.0  # seconds a due row waits for its ring to be answered before it gets another
URGENT = {
    "receive",
    "deliver_first",
}  # jobs somebody waits for before their eyes: they overtake a backlog of deliveries
QUIET_AFTER_FAILURE = 1.0  # seconds the doorbell is left alone after Redis did not answer

log = logging.getLogger(__name__)
_silent_until = 0.0


def call_later(job: str, id: int) -> None:
    """Have a worker run ``workers.jobs.<job>(id)`` once the open transaction has committed."""
    _waiting()["jobs"][(job, id)] = None


def touch(ticket: Any, team_only: bool = False) -> None:
    """Say that ``ticket`` changed: raises its version and tells its open pages, only the team's where ``team_only``.

    Lists and the desk are told as well. The version makes ETags; it is raised in SQL so that two writers both count.
    """
    ticket.version = type(ticket).version + 1
    say_ticket_changed(ticket, team_only)


def say_ticket_changed(ticket: Any, team_only: bool = False) -> None:
    """Tell its open pages, lists and the desk, where its version need not rise: it is new.

    Customers are told by what lets them see it: their organization, that it is theirs, or that they follow it.
    """
    tell_team(ticket.id)
    if not team_only:
        name = f"ticket:{ticket.id}"
        say_changed(name, f"organization:{ticket.organization_id}:{name}", f"requester:{ticket.requester_id}:{name}")


def tell_team(ticket_id: int) -> None:
    """Tell those of the team who follow this ticket, and the desk, of what only they are shown."""
    say_changed(f"team:ticket:{ticket_id}", "desk")


def say_changed(*topics: str) -> None:
    """Tell whoever follows one of ``topics`` to look again, once the open transaction has committed."""
    _waiting()["topics"].update(dict.fromkeys(topics))


def ring(jobs: list[tuple[str, int]], topics: list[str] = ()) -> bool:
    """Wake workers and pages now; True if Redis took it. Never raises and never takes longer than the doorbell's patience."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return False
    try:
        with extensions.redis().pipeline(transaction=False) as pipe:
            if topics:
                pipe.publish(CHANGED, " ".join(topics))
            for urgent in (True, False):
                mine = [
                    Queue.prepare_data(f"workers.jobs.{job}", (id,), timeout=JOB_TIMEOUT, result_ttl=0)
                    for job, id in jobs
                    if (job in URGENT) == urgent
                ]
                if mine:
                    extensions.queue(urgent=urgent).enqueue_many(mine, pipeline=pipe)
            pipe.execute()
        return True
    except RedisError as error:
        _silent_until = time.monotonic() + QUIET_AFTER_FAILURE
        log.warning("The doorbell is out of order (%s); the sweep will find what waits.", type(error).__name__)
        return False


class Reminder:
    """Rings for rows that a sweep found due: their doorbell may have been lost, or only not been answered yet.

    While rings wait in the queue, a row gets another one only after some seconds, and then ever more rarely. A sweep that rang
    for everything that waits, every second, would fill the queue with rings for nothing: the busier the workers were, the less
    they would get done (measured by bench/faults: from eight deliveries a second to none).
    """

    def __init__(self, job: str):
        self.job = job
        self._next: dict[int, tuple[float, float]] = {}

    def ring(self, ids: list[int], postponed: frozenset[int] | set[int] = frozenset()) -> list[int]:
        """Ring for those of ``ids``, everything due at present, whose turn it is. Returns them.

        ``postponed``: those that were not due yet when they were written, so that nobody has rung for them.
        """
        now = time.monotonic()
        if self._is_answered():
            self._next, due = {}, ids
        else:
            first = {True: (now, REMIND_AFTER), False: (now + REMIND_AFTER, REMIND_AFTER)}
            self._next = {id: self._next.get(id) or first[id in postponed] for id in ids}
            due = [id for id, (when, _) in self._next.items() if now >= when]
            for id in due:
                pause = self._next[id][1] * 2
                self._next[id] = (now + pause, pause)
        if due:
            ring([(self.job, id) for id in due])
        return due

    def _is_answered(self) -> bool:
        """Whether every ring of our kind was answered, or lost. Without Redis there is no queue."""
        try:
            return extensions.queue(urgent=self.job in URGENT).count == 0
        except RedisError:
            return True


def _waiting() -> dict[str, dict]:
    return extensions.db.session().info.setdefault("after_commit", {"jobs": {}, "topics": {}})


@event.listens_for(extensions.db.session, "after_commit")
def _ring_what_waits(session) -> None:
    if session.in_nested_transaction():
        return
    waiting = session.info.pop("after_commit", None)
    if waiting and (waiting["jobs"] or waiting["topics"]):
        ring(list(waiting["jobs"]), list(waiting["topics"]))


@event.listens_for(extensions.db.session, "after_soft_rollback")
def _forget_what_waits(session, previous_transaction) -> None:
    if not previous_transaction.nested:
        session.info.pop("after_commit", None)
