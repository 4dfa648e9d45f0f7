"""Periodic jobs: once per interval, each runnable by a plain RQ worker."""

import signal

import pytest
from rq import SimpleWorker

from helpdesk import extensions
from helpdesk.jobs import JOBS_QUEUE
from workers import jobs, scheduler

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def handlers():
    """RQ takes the signals while it works; this gives them back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_periodic_job_is_enqueued_once_per_interval(app):
    schedule = scheduler.make_schedule(extensions.redis())
    for _ in range(2):
        schedule.enqueue_jobs()
    names = [job.func_name for job in extensions.queue(JOBS_QUEUE).jobs]
    assert sorted(names) == sorted(f"workers.jobs.{job.__name__}" for job in scheduler.PERIODIC_JOBS)


def test_rq_worker_runs_every_periodic_job(app, handlers):
    jobs.bind(app, None)
    scheduler.make_schedule(extensions.redis()).enqueue_jobs()
    queue = extensions.queue(JOBS_QUEUE)
    worker = SimpleWorker([queue], connection=extensions.redis())
    worker.work(burst=True, logging_level="WARNING")
    worker.refresh()
    assert (worker.successful_job_count, worker.failed_job_count) == (len(scheduler.PERIODIC_JOBS), 0)
    assert queue.count == 0
