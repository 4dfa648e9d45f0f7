"""A worker process: RQ's own SimpleWorker in the main thread, and, in those that deliver, the threads of ``workers.drain``.

RQ's usual worker forks for every job, which costs more than the job. What a fork protects from (a job that kills its
process) the outbox survives by itself: its lease ends, and another worker looks before it goes on.
"""

import logging
import signal
import threading

from flask import Flask
from redis.exceptions import RedisError
from rq import SimpleWorker

from helpdesk import extensions
from helpdesk.jobs import JOB_TIMEOUT, JOBS_QUEUE, WAKE_QUEUE
from workers import jobs, scheduler
from workers.drain import Drain

WORKER_TTL = 25  # seconds; RQ waits for a job 15 less than that at a time, and gives a Redis that hangs 5 less
MAX_RECONNECT_SECONDS = 2.0  # RQ's own is a minute, in which no job starts although Redis is back
RETRY_SECONDS = 1.0
log = logging.getLogger(__name__)


def run_delivery(app: Flask) -> None:
    """Deliver and receive until SIGTERM or SIGINT, which let each thread finish what it has at hand."""
    drain = Drain(app)
    drain.start()
    _work(app, WAKE_QUEUE, drain)
    drain.end(JOB_TIMEOUT)


def run_maintenance(app: Flask) -> None:
    """Do one job after another, also those of the schedule, until SIGTERM or SIGINT, which let it finish the one at hand."""
    scheduler.start()
    _work(app, JOBS_QUEUE)


def _work(app: Flask, queue_name: str, drain: Drain | None = None) -> None:
    """Work off a queue until told to end, or until RQ ends by itself. Redis may be away at the start; it is waited for.

    RQ has the signals while it works and does not say whether one came. So whenever it ends, this process ends: told to, or
    because of a Redis that was lost for long, and then ``helpdesk worker`` starts another process.
    """
    jobs.bind(app, drain)
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    ours = signal.getsignal(signal.SIGTERM)
    while not told.is_set() and signal.getsignal(signal.SIGTERM) is ours:
        try:
            connection = extensions.blocking_redis()
            queue = extensions.queue(queue_name, connection)
            worker = SimpleWorker([queue], connection=connection, worker_ttl=WORKER_TTL, log_job_description=False)
            worker.max_connection_wait_time = MAX_RECONNECT_SECONDS
            worker.work(logging_level="WARNING")
        except RedisError as error:
            log.warning("Redis does not answer: %s", type(error).__name__)
            told.wait(RETRY_SECONDS)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
