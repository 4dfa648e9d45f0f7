"""Wakes workers through RQ, by itself or once the open transaction has committed.

A wake-up is a hint: when Redis does not take it, each worker looks for every row that waits, once a second.
"""

from collections.abc import Iterable

from redis.client import Pipeline
from rq import Queue
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from helpdesk import extensions

WAKE_QUEUE = "helpdesk-wake"  # of the processes that deliver; nothing in it takes longer than a few milliseconds
JOBS_QUEUE = "helpdesk-jobs"  # of the maintenance processes
DRAIN_JOBS = frozenset({"deliver", "deliver_first", "receive"})  # about a row that is looked for in the database
QUICK_JOBS = frozenset({"refresh_homes"})
JOB_TIMEOUT = 120  # seconds a job may run; leases are longer
FAILURE_TTL = 86_400  # seconds a job that failed can be looked at; what it left undone, the rows know


def enqueue_after_commit(job: str, row_id: int) -> None:
    """Have a worker run ``workers.jobs.<job>(row_id)`` once the open transaction has committed."""
    extensions.db.session().info.setdefault("jobs_after_commit", {})[(job, row_id)] = None


def wake_workers(jobs: Iterable[tuple[str, int]]) -> bool:
    """Enqueue ``jobs``, pairs of a name and an id, now. True if Redis took them. Never raises, and waits REDIS_TIMEOUT at most.

    For rows of the outbox and the inbox one job says "look now", however many they are.
    """
    by_queue: dict[str, dict[tuple[str, tuple[int, ...]], None]] = {}
    for name, row_id in jobs:
        queue_name = WAKE_QUEUE if name in DRAIN_JOBS or name in QUICK_JOBS else JOBS_QUEUE
        job = ("drain", ()) if name in DRAIN_JOBS else (name, (row_id,))
        by_queue.setdefault(queue_name, {})[job] = None

    def fill(pipeline: Pipeline) -> None:
        for queue_name, wanted in by_queue.items():
            prepared = [
                Queue.prepare_data(
                    f"workers.jobs.{name}", arguments, timeout=JOB_TIMEOUT, result_ttl=0, failure_ttl=FAILURE_TTL
                )
                for name, arguments in wanted
            ]
            extensions.queue(queue_name).enqueue_many(prepared, pipeline=pipeline)

    return extensions.send_to_redis(fill)


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
