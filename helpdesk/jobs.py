"""Wakes workers through RQ, by itself or once the open transaction has committed.

A wake-up is a hint: when Redis does not take it, the sweep of the workers finds every row that waits.
"""

import time
from collections.abc import Iterable
from datetime import timedelta

from redis.client import Pipeline
from redis.exceptions import RedisError
from rq import Queue
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from helpdesk import extensions

JOB_TIMEOUT = 120  # seconds a job may run; leases are longer
IMMEDIATE_WINDOW = timedelta(seconds=0.1)  # a row due within it of being written is woken for as it is written
REMIND_AFTER_SECONDS = 5.0  # a due row waits so long for its job to be done before it gets another one
URGENT_JOBS = frozenset({"receive", "deliver_first"})  # somebody waits for these: they overtake a backlog of deliveries


def enqueue_after_commit(job: str, row_id: int) -> None:
    """Have a worker run ``workers.jobs.<job>(row_id)`` once the open transaction has committed."""
    extensions.db.session().info.setdefault("jobs_after_commit", {})[(job, row_id)] = None


def wake_workers(jobs: Iterable[tuple[str, int]]) -> bool:
    """Enqueue ``jobs``, pairs of a name and an id, now. True if Redis took them. Never raises, and waits REDIS_TIMEOUT at most."""
    jobs = list(jobs)

    def fill(pipeline: Pipeline) -> None:
        for is_urgent in (True, False):
            prepared = [
                Queue.prepare_data(f"workers.jobs.{job}", (row_id,), timeout=JOB_TIMEOUT, result_ttl=0, failure_ttl=0)
                for job, row_id in jobs
                if (job in URGENT_JOBS) == is_urgent
            ]
            if prepared:
                extensions.queue(urgent=is_urgent).enqueue_many(prepared, pipeline=pipeline)

    return extensions.send_to_redis(fill)


class DueRowNotifier:
    """Enqueues jobs for rows that a sweep found due: their job may have been lost, or only not been done yet.

    While jobs wait in the queue, a row gets another one only after some seconds, and then ever more rarely. A sweep that enqueued
    one for everything that waits, every second, would fill the queue with jobs for nothing: the busier the workers were, the less
    they would get done (measured by bench/faults: from eight deliveries a second to none).
    """

    def __init__(self, job: str) -> None:
        self.job = job
        self._next: dict[int, tuple[float, float]] = {}

    def notify(self, row_ids: list[int], postponed: frozenset[int] | set[int] = frozenset()) -> list[int]:
        """Enqueue jobs for those of ``row_ids``, everything due at present, whose turn it is. Returns them.

        ``postponed``: those that were not due yet when they were written, so that nothing was enqueued for them.
        """
        now = time.monotonic()
        if self._is_queue_empty():
            self._next, due = {}, row_ids
        else:
            first = {True: (now, REMIND_AFTER_SECONDS), False: (now + REMIND_AFTER_SECONDS, REMIND_AFTER_SECONDS)}
            self._next = {row_id: self._next.get(row_id) or first[row_id in postponed] for row_id in row_ids}
            due = [row_id for row_id, (when, _) in self._next.items() if now >= when]
            for row_id in due:
                pause = self._next[row_id][1] * 2
                self._next[row_id] = (now + pause, pause)
        if due:
            wake_workers([(self.job, row_id) for row_id in due])
        return due

    def _is_queue_empty(self) -> bool:
        """Whether every job of our kind was taken, or lost. Without Redis there is no queue."""
        try:
            return extensions.queue(urgent=self.job in URGENT_JOBS).count == 0
        except RedisError:
            return True


@event.listens_for(extensions.db.session, "after_commit")
def _wake_after_commit(session: Session) -> None:
    if session.in_nested_transaction():
        return
    if jobs := session.info.pop("jobs_after_commit", None):
        wake_workers(jobs)


@event.listens_for(extensions.db.session, "after_soft_rollback")
def _forget_after_rollback(session: Session, previous_transaction: SessionTransaction) -> None:
    if not previous_transaction.nested:
        session.info.pop("jobs_after_commit", None)
