"""A worker: waits at the queue, does one job after another in its own process.

RQ's usual worker forks for every job, which costs more than the job. What a fork protects from (a job that kills its
process) the outbox survives by itself: its lease ends, and another worker looks before it goes on.
"""

import logging
import time

from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException, TimerDeathPenalty
from rq.worker import WorkerStatus

from helpdesk import extensions
from helpdesk.after_commit import JOB_TIMEOUT
from workers import schedule

BEAT_EVERY = 20.0  # seconds
log = logging.getLogger(__name__)


class Worker(SimpleWorker):
    """One job at a time, each in a fresh application context.

    What a job did stands in the database. RQ's own books about each (started, finished, failed, its result, who beats for it)
    took longer than the jobs themselves and are not kept: a job is taken, done, and struck off.
    """

    death_penalty_class = TimerDeathPenalty
    max_connection_wait_time = 2.0  # seconds; RQ's own is a minute, in which nothing leaves although Redis is back
    app = None
    told_to_end = False
    _beats_at = _looks_at = 0.0

    def execute_job(self, job, queue) -> None:
        """Do the job. Whatever it raises is logged; the sweep finds what it left undone."""
        self._state = WorkerStatus.BUSY  # told to end, a busy worker finishes its job first
        with self.app.app_context():
            try:
                with self.death_penalty_class(job.timeout or JOB_TIMEOUT, JobTimeoutException, job_id=job.id):
                    job.func(*job.args)
            except Exception:
                log.exception("The job %s%s failed", job.func_name, tuple(job.args))
            finally:
                extensions.db.session.remove()
        with self.connection.pipeline(transaction=False) as pipe:
            pipe.lrem(queue.intermediate_queue_key, 1, job.id)
            pipe.delete(job.key)
            pipe.execute()
        self._state = WorkerStatus.IDLE

    def heartbeat(self, timeout=None, pipeline=None) -> None:
        """Say that this worker lives, for ``rq info``; seldom is often enough."""
        if time.monotonic() >= self._beats_at:
            self._beats_at = time.monotonic() + BEAT_EVERY
            super().heartbeat(timeout, pipeline)

    def check_for_suspension(self, burst: bool) -> None:
        """Heed ``rq suspend``, within a second."""
        if time.monotonic() >= self._looks_at:
            self._looks_at = time.monotonic() + 1
            super().check_for_suspension(burst)

    def set_state(self, state, pipeline=None) -> None:
        """Tell Redis only what is new."""
        if state != self._state:
            super().set_state(state, pipeline)

    def handle_warm_shutdown_request(self) -> None:
        """The job at hand is finished, then it is over."""
        self.told_to_end = True
        super().handle_warm_shutdown_request()


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
            if worker.told_to_end:
                return
            log.warning("Redis went away; trying again in a second")
        except RedisError as error:
            log.warning("Redis does not answer (%s); trying again in a second", type(error).__name__)
        time.sleep(1)
