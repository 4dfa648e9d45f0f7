"""Periodic jobs, enqueued by RQ's cron scheduler.

Every maintenance process runs a scheduler thread; a lock in Redis lets only one of them enqueue.
"""

import logging
import threading
import time

from redis import Redis
from redis.exceptions import RedisError
from rq.cron import CronScheduler

from helpdesk import extensions
from helpdesk.jobs import JOB_TIMEOUT, JOBS_QUEUE
from workers import jobs

PERIODIC_JOBS = {
    jobs.reconcile: 240,
    jobs.warn_of_service_levels: 60,
    jobs.close_solved: 300,
    jobs.sweep_drafts: 900,
    jobs.index_older_tickets: 60,
    jobs.send_weekly_summaries: 600,
    jobs.erase_what_is_old: 3600,
    jobs.forget_ended_sessions: 86_400,
    jobs.poll_mailbox: 20,
    jobs.alert_admins: 60,
}  # job: seconds between two runs
LOCK_SECONDS = 30  # after which another process replaces one that crashed
LOOK_SECONDS = 5.0  # at most, between two checks for due jobs
log = logging.getLogger(__name__)


def start() -> threading.Thread:
    """Run the scheduler in a thread of this process until the process ends."""
    thread = threading.Thread(target=_run, name="scheduler", daemon=True)
    thread.start()
    return thread


def _run() -> None:
    """Enqueue what is due while this process has the lock. After an outage of Redis each job runs at once."""
    while True:
        try:
            connection = extensions.blocking_redis()
            with connection.lock("helpdesk:scheduler", timeout=LOCK_SECONDS, sleep=LOOK_SECONDS) as lock:
                schedule = make_schedule(connection)
                while True:
                    lock.reacquire()
                    schedule.enqueue_jobs()
                    time.sleep(min(LOOK_SECONDS, max(0.1, schedule.calculate_sleep_interval())))
        except RedisError as error:
            log.warning("The schedule waits for Redis: %s", type(error).__name__)
            time.sleep(LOOK_SECONDS)


def make_schedule(connection: Redis) -> CronScheduler:
    """RQ's scheduler with every periodic job. A job that is not started before its next turn is dropped."""
    schedule = CronScheduler(connection, logging_level=logging.WARNING)
    for job, interval in PERIODIC_JOBS.items():
        schedule.register(job, JOBS_QUEUE, interval=interval, job_timeout=JOB_TIMEOUT, ttl=interval, result_ttl=0)
    return schedule
