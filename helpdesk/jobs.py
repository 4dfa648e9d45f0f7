"""Enqueue jobs that wake the workers, at once or after the open transaction has committed.

A wake-up is only a hint: without Redis, each worker queries the database for due rows once a second.
"""

from collections.abc import Iterable

from redis.client import Pipeline
from rq import Queue

from helpdesk import extensions
from helpdesk.database import after_commit

WAKE_QUEUE = "helpdesk-wake"  # read by the delivery processes; its jobs take a few milliseconds at most
JOBS_QUEUE = "helpdesk-jobs"  # read by the maintenance processes
DRAIN_JOBS = frozenset({"deliver", "deliver_first", "receive"})  # their rows are found by a query
QUICK_JOBS = frozenset({"refresh_homes"})  # they look for due rows, too
JOB_ROWS = "look_for_jobs"  # wakes the maintenance processes, which query the rows of helpdesk.domain.background_jobs
JOB_TIMEOUT = 120  # seconds a job may run; leases are longer
FAILURE_TTL = 86_400  # seconds RQ stores a failed job for inspection; the rows hold what is still to do


def enqueue_after_commit(job: str, row_id: int) -> None:
    """Let a worker run ``workers.jobs.<job>(row_id)`` once the open transaction has committed."""
    after_commit.send_after_commit(_add_jobs, [(job, row_id)])


def wake_workers(jobs: Iterable[tuple[str, int]]) -> bool:
    """Enqueue ``jobs``, pairs of a name and an id, now. True if Redis accepted them. Never raises.

    It waits REDIS_TIMEOUT at most.
    """
    return extensions.send_to_redis(lambda pipeline: _add_jobs(pipeline, jobs))


def _add_jobs(pipeline: Pipeline, jobs: Iterable[tuple[str, int]]) -> None:
    """Add the commands that enqueue ``jobs``.

    For rows of the outbox and the inbox that is one job "drain", however many they are; none beside a quick job.
    """
    by_queue: dict[str, dict[tuple[str, tuple[int, ...]], None]] = {}
    for name, row_id in jobs:
        queue_name = WAKE_QUEUE if name in DRAIN_JOBS or name in QUICK_JOBS else JOBS_QUEUE
        job = ("drain", ()) if name in DRAIN_JOBS or name == JOB_ROWS else (name, (row_id,))
        by_queue.setdefault(queue_name, {})[job] = None
    if len(by_queue.get(WAKE_QUEUE, ())) > 1:
        by_queue[WAKE_QUEUE].pop(("drain", ()), None)

    for queue_name, jobs_of_queue in by_queue.items():
        prepared = [
            Queue.prepare_data(
                f"workers.jobs.{name}", arguments, timeout=JOB_TIMEOUT, result_ttl=0, failure_ttl=FAILURE_TTL
            )
            for name, arguments in jobs_of_queue
        ]
        extensions.queue(queue_name).enqueue_many(prepared, pipeline=pipeline)
