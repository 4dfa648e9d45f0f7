"""A worker process: RQ's own SimpleWorker in the main thread, and the threads of ``workers.drain`` if it delivers.

RQ's usual worker forks for every job, which costs more than the job. The outbox does not need that protection
against a job that kills its process: the lease expires, and another worker searches for the message before it sends
it again.
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

WORKER_TTL = 25  # seconds; RQ blocks for 15 less than that waiting for a job, and its socket timeout is 5 less
MAX_RECONNECT_SECONDS = 2.0  # RQ's own limit of a minute would delay jobs after an outage
RETRY_SECONDS = 1.0
log = logging.getLogger(__name__)


def run_delivery(app: Flask) -> None:
    """Deliver and receive until SIGTERM or SIGINT; each thread then finishes its current row."""
    drain = Drain(app)
    drain.start()
    _work(app, WAKE_QUEUE, drain)
    drain.end(JOB_TIMEOUT)


def run_maintenance(app: Flask) -> None:
    """Run jobs one after another, also those of the schedule, until SIGTERM or SIGINT; the current job is finished."""
    scheduler.start()
    _work(app, JOBS_QUEUE)


def _work(app: Flask, queue_name: str, drain: Drain | None = None) -> None:
    """Run the jobs of a queue until a signal arrives or RQ's worker ends. Waits for Redis at the start.

    While RQ works it handles the signals and does not report whether one arrived. So this process ends whenever RQ's
    worker does: because of a signal, or because Redis was unavailable for long; ``helpdesk worker`` then starts another
    process.
    """
    jobs.bind(app, drain)
    stop_event = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop_event.set())
    own_handler = signal.getsignal(signal.SIGTERM)
    while not stop_event.is_set() and signal.getsignal(signal.SIGTERM) is own_handler:
        try:
            connection = extensions.blocking_redis()
            queue = extensions.queue(queue_name, connection)
            worker = SimpleWorker([queue], connection=connection, worker_ttl=WORKER_TTL, log_job_description=False)
            worker.max_connection_wait_time = MAX_RECONNECT_SECONDS
            worker.work(logging_level="WARNING")
        except RedisError as error:
            log.warning("Redis does not answer: %s", type(error).__name__)
            stop_event.wait(RETRY_SECONDS)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
