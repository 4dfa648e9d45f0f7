"""A worker process: some threads that wait at the queue, each doing one job after another.

Most of a job is waiting for Slack or a mail server. Several threads wait side by side, so that a Slack that hangs keeps
neither the mails nor a sign-in link from leaving; one of them takes only what somebody is waiting for before their eyes.

RQ's usual worker forks for every job, which costs more than the job. What a fork protects from (a job that kills its
process) the outbox survives by itself: its lease ends, and another worker looks before it goes on.
"""

import logging
import signal
import threading
import time

from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException, TimerDeathPenalty

from helpdesk import config, extensions
from helpdesk.jobs import JOB_TIMEOUT
from workers import schedule

BEAT_EVERY = 20.0  # seconds
log = logging.getLogger(__name__)


class Worker(SimpleWorker):
    """One thread's worker: one job at a time, each in a fresh application context, until the event ``told`` is set.

    What a job did stands in the database. RQ's own books about each (started, finished, failed, its result, who beats for it)
    took longer than the jobs themselves and are not kept: a job is taken, done, and struck off.
    """

    death_penalty_class = TimerDeathPenalty
    dequeue_timeout = 2  # seconds; so soon an idle one hears that it was told to end
    max_connection_wait_time = 2.0  # seconds; RQ's own is a minute, in which nothing leaves although Redis is back
    app = None
    told = threading.Event()
    _beats_at = _looks_at = 0.0

    def execute_job(self, job, queue) -> None:
        """Do the job. Whatever it raises is logged; the sweep finds what it left undone."""
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

    def heartbeat(self, timeout=None, pipeline=None) -> None:
        """Between two jobs: end if told to; say that this worker lives, for ``rq info``, seldom, which is often enough."""
        if self.told.is_set():
            raise StopRequested
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

    def subscribe(self) -> None:
        """Listen to no commands of ``rq``: RQ's listener survives each loss of Redis as one more thread."""

    def unsubscribe(self) -> None:
        """Nothing was subscribed to."""

    def _install_signal_handlers(self) -> None:
        """Signals are the process's; ``told`` is how a thread hears of them."""


def run(app) -> None:
    """Work until SIGTERM or SIGINT, which let each thread finish the job at hand. Redis may be away for a while; it is waited
    for."""
    Worker.app = app
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: Worker.told.set())
    schedule.start(app)
    count = max(2, config.current().WORKER_THREADS)
    threads = [
        threading.Thread(target=_work, args=(number == 0,), name=f"worker-{number}", daemon=True)
        for number in range(count)
    ]
    for thread in threads:
        thread.start()
    while not Worker.told.wait(1):
        pass
    for thread in threads:
        thread.join(JOB_TIMEOUT)


def _work(only_urgent: bool) -> None:
    """One thread's life: a worker of RQ's, and another one each time Redis was lost."""
    while not Worker.told.is_set():
        connection = extensions.blocking_redis()
        queues = [extensions.queue(connection, urgent=True)]
        if not only_urgent:
            queues.append(extensions.queue(connection))
        try:
            worker = Worker(queues, connection=connection, serializer=JSONSerializer, log_job_description=False)
            worker.work(logging_level="WARNING", with_scheduler=False)
        except RedisError as error:
            log.warning("Redis does not answer: %s", type(error).__name__)
        if not Worker.told.wait(1):
            log.warning("Redis went away; trying again")
