"""A worker process: the threads of ``workers.drain``, and RQ's own SimpleWorker, which wakes them, in the main thread.

RQ's usual worker forks for every job, which costs more than the job. The outbox does not need that protection
against a job that kills its process: the lease expires, and another worker searches for the message before it sends
it again.
"""

import contextlib
import logging
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from flask import Flask
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.exceptions import StopRequested

from helpdesk import extensions
from helpdesk.jobs import JOB_TIMEOUT, JOBS_QUEUE, WAKE_QUEUE
from helpdesk.stop_signal import StopSignal
from workers import jobs, scheduler, watchdog
from workers.drain import Drain, make_delivery_drain

WORKER_TTL = 25  # seconds; RQ blocks for 15 less than that waiting for a job, and its socket timeout is 5 less
MAX_RECONNECT_SECONDS = 2.0  # RQ's own limit of a minute would delay jobs after an outage
RETRY_SECONDS = 1.0
log = logging.getLogger(__name__)


class WakingWorker(SimpleWorker):
    """RQ's worker, whose handler of signals raises nothing once its work has ended, whatever ended it."""

    has_ended = False

    def work(self, *args: Any, **options: Any) -> bool:
        try:
            return super().work(*args, **options)
        finally:
            self.has_ended = True

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        if not self.has_ended:
            super().request_stop(signum, frame)


def no_beat() -> None:
    """For a process that nobody watches."""


def run_delivery(app: Flask, beat: Callable[[], None] = no_beat) -> None:
    """Deliver and receive until SIGTERM or SIGINT; each thread then finishes its current row.

    ``beat`` is called every few seconds while every thread gets on.
    """
    _run(app, WAKE_QUEUE, make_delivery_drain(app), beat)


def run_maintenance(app: Flask, beat: Callable[[], None] = no_beat) -> None:
    """Run the jobs, also those of the schedule, until SIGTERM or SIGINT; the current ones are finished."""
    _run(app, JOBS_QUEUE, scheduler.make_jobs_drain(app), beat)


def note_redis_outages() -> None:
    """Make one line of what RQ's worker writes about a Redis that does not answer: many, with tracebacks."""
    logging.getLogger("rq.worker").addFilter(_is_about_something_else)


def _is_about_something_else(record: logging.LogRecord) -> bool:
    error = (record.exc_info or sys.exc_info())[1]
    if isinstance(error, RedisError):
        extensions.report_redis_outage(error, "waking a worker")
        return False
    return True


def _run(app: Flask, queue_name: str, drain: Drain, beat: Callable[[], None]) -> None:
    jobs.bind(app, drain)
    drain.start()
    watchdog.start(drain.clocks, beat)
    _wake_by_redis(queue_name)
    drain.end(JOB_TIMEOUT)


def _wake_by_redis(queue_name: str) -> None:
    """Run the jobs of a queue until a signal arrives or RQ's worker ends. Waits for Redis at the start.

    While RQ works it handles the signals and does not report whether one arrived. So this process ends whenever RQ's
    worker does: because of a signal, or because Redis was unavailable for long; ``helpdesk worker`` then starts another
    process.
    """
    stop_signal = StopSignal((signal.SIGTERM, signal.SIGINT))
    own_handler = signal.getsignal(signal.SIGTERM)
    note_redis_outages()
    with contextlib.suppress(StopRequested):  # RQ's handler may raise it while its worker ends with an error
        while not stop_signal and signal.getsignal(signal.SIGTERM) is own_handler:
            try:
                connection = extensions.blocking_redis()
                queue = extensions.queue(queue_name, connection)
                worker = WakingWorker([queue], connection=connection, worker_ttl=WORKER_TTL, log_job_description=False)
                worker.max_connection_wait_time = MAX_RECONNECT_SECONDS
                worker.work(logging_level="WARNING")
            except (RedisError, ValueError) as error:  # ValueError: CLIENT INFO of a socket whose path has a space
                extensions.report_redis_outage(error, "waking a worker")
                stop_signal.wait(RETRY_SECONDS)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
