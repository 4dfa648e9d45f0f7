"""A worker: waits at the queue, does one job after another in its own process.

RQ's usual worker forks for every job, which costs more than the job. What a fork protects from (a job that kills its
process) the outbox survives by itself: its lease ends, and another worker looks before it goes on.
"""

import logging
import time

from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty

from helpdesk import extensions
from workers import schedule

log = logging.getLogger(__name__)


class Worker(SimpleWorker):
    """One job at a time, each in a fresh application context."""

    death_penalty_class = TimerDeathPenalty
    max_connection_wait_time = 2.0  # seconds; RQ's own is a minute, in which nothing leaves although Redis is back
    app = None

    def perform_job(self, job, queue, *more) -> bool:
        with self.app.app_context():
            try:
                return super().perform_job(job, queue, *more)
            finally:
                extensions.db.session.remove()


def run(app) -> None:
    """Work until told to stop (SIGTERM finishes the job at hand). Redis may be away for a while; it is waited for."""
    Worker.app = app
    schedule.start(app)
    while True:
        connection = extensions.patient_redis()
        try:
            queues = [extensions.queue(connection, urgent=True), extensions.queue(connection)]
            worker = Worker(queues, connection=connection, serializer=JSONSerializer, log_job_description=False)
            worker.work(logging_level="WARNING", with_scheduler=False)
            return
        except RedisError as error:
            log.warning("Redis does not answer (%s); trying again in a second", type(error).__name__)
            time.sleep(1)
