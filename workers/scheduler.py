"""Runs the jobs of ``workers.jobs`` that are rows: the periodic ones, and those that were asked for.

Every maintenance process looks for them; a row's lease lets only one run it. Redis is not needed.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from helpdesk.database.errors import keep_trying, report_outage
from helpdesk.domain import background_jobs
from helpdesk.domain.background_jobs import JobClaim
from workers import jobs
from workers.drain import Drain, DrainPool

PERIODIC_JOBS = {
    jobs.reconcile: 240,
    jobs.copy_custom_emoji: 60,
    jobs.warn_of_service_levels: 60,
    jobs.correct_due_times: 3600,
    jobs.close_solved: 300,
    jobs.sweep_drafts: 900,
    jobs.scan_files: 60,
    jobs.index_older_tickets: 60,
    jobs.run_idle_rules: 300,
    jobs.send_notification_digests: 300,
    jobs.send_weekly_summaries: 600,
    jobs.send_reports: 300,
    jobs.store_report_days: 60,
    jobs.erase_what_is_old: 3600,
    jobs.purge_old_rows: 86_400,
    jobs.renew_encryption: 86_400,
    jobs.check_domain_proofs: 3600,
    jobs.watch_connections: 3600,
    jobs.poll_mailbox: 20,
    jobs.summarize_quarantine: 600,
    jobs.alert_admins: 60,
}  # job: seconds between two runs
REQUESTED_JOBS = (  # each takes one number
    jobs.apply_service_levels,
    jobs.clean_database_file,
    jobs.erase_organization,
    jobs.continue_operation,
    jobs.apply_tag_change,
)
FUNCTIONS: dict[str, Callable[..., None]] = {job.__name__: job for job in (*PERIODIC_JOBS, *REQUESTED_JOBS)}
THREADS = 2  # a long job does not delay the mailbox
STALLED_SECONDS = 1800.0  # a job of that length looks like one that hangs
RENEW_SECONDS = background_jobs.LEASE_SECONDS / 3
log = logging.getLogger(__name__)


def make_jobs_drain(app: Flask) -> Drain:
    """The threads that run the jobs which are due."""
    pool = DrainPool(app, "jobs", THREADS, list_due, run_job, STALLED_SECONDS)
    return Drain(app, (pool,), (register_jobs,))


def register_jobs() -> None:
    """Make a row of every periodic job that has none. Commits."""
    background_jobs.register_periodic_jobs({job.__name__: seconds for job, seconds in PERIODIC_JOBS.items()})


def list_due(limit: int) -> list[int]:
    """Ids of the jobs that are due and that this version knows; an earlier one may run beside it."""
    return background_jobs.list_due(FUNCTIONS, limit)


def run_job(job_id: int) -> None:
    """Run the job of this row if nobody else does. An error is logged, and the job is run again later."""
    claim = background_jobs.claim_job(job_id)
    if claim is None:
        return
    function = FUNCTIONS[claim.name]
    try:
        with _renewing_lease(claim):
            function(claim.argument) if function in REQUESTED_JOBS else function()
    except SQLAlchemyError as error:
        report_outage(log, error, f"the job {claim.name}, which is run again")
        keep_trying(lambda: background_jobs.fail_job(claim))
    except Exception:
        log.exception("The job %s failed", claim.name)
        keep_trying(lambda: background_jobs.fail_job(claim))
    else:
        keep_trying(lambda: background_jobs.finish_job(claim))


@contextmanager
def _renewing_lease(claim: JobClaim) -> Iterator[None]:
    """Keep the lease as long as the block runs, by a thread of its own."""
    done = threading.Event()
    app = jobs.bound_app()

    def renew() -> None:
        while not done.wait(RENEW_SECONDS):
            try:
                with app.app_context():
                    background_jobs.renew_lease(claim)
            except SQLAlchemyError as error:
                report_outage(log, error, "renewing the lease of a job")

    thread = threading.Thread(target=renew, name=f"renew-{claim.name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
