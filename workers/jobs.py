"""The jobs of the workers, by name. Each may run twice; the logic is in the domain."""

import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask

from helpdesk.channels.email import imap_polling, quarantine_summary
from helpdesk.channels.slack import agent_accounts, custom_emoji, home, sync
from helpdesk.database import errors
from helpdesk.domain.authentication import second_factor
from helpdesk.domain.authentication.connections import administration as sign_in_connections
from helpdesk.domain.authentication.connections import domain_proofs
from helpdesk.domain.integrations import connections, idempotency_keys
from helpdesk.domain.monitoring import connection_watch, delivery_alerts, sizes
from helpdesk.domain.notifications import digests
from helpdesk.domain.privacy import database_file, erasure, organization_erasure, retention, row_retention
from helpdesk.domain.reorganization import progress
from helpdesk.domain.reporting import saved_reports, stored_reports, weekly_digest
from helpdesk.domain.rules import run
from helpdesk.domain.search_index import reindexing
from helpdesk.domain.sla import timers
from helpdesk.domain.tickets import attachments, auto_close, stored_files, tag_list, virus_scans
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from workers.drain import Drain

REINDEX_SECONDS = 40.0  # of one run, below its interval

log = logging.getLogger(__name__)
_bound: dict[str, Any] = {}


def bind(app: Flask, drain: Drain | None) -> None:
    """Set the application that this process's jobs run in, and the threads that a wake-up is for."""
    _bound.update(app=app, drain=drain)


def bound_app() -> Flask:
    """The application that this process's jobs run in."""
    return _bound["app"]


def job(function: Callable[..., None]) -> Callable[..., None]:
    """Run ``function`` in an application context of its own, whose end releases the database session."""

    @wraps(function)
    def run(*arguments: Any) -> None:
        with _bound["app"].app_context():
            function(*arguments)

    return run


def drain() -> None:
    """Query now for due rows: deliveries and received events, or jobs, whichever this process works on."""
    _bound["drain"].wake()


@job
def reconcile() -> None:
    """Read from Slack what was missed during an outage, and which accounts are the agents'."""
    sync.sync_channels()
    agent_accounts.link_agents()


@job
def copy_custom_emoji() -> None:
    """Copy the pictures of emoji that messages have and the workspace made itself."""
    custom_emoji.copy_pictures()


@job
def check_domain_proofs() -> None:
    """Look again for the records that prove the domains of sign-in connections."""
    for row_id in domain_proofs.list_due():
        domain_proofs.check_again(row_id)


@job
def watch_connections() -> None:
    """Try the provider of every sign-in connection, and notify the admins of what keeps people out."""
    for connection_id in connection_watch.list_ids():
        connection_watch.watch(connection_id)


@job
def refresh_homes(ticket_id: int) -> None:
    """Publish agents' App Home views in Slack again after a ticket changed, which also left rows that are due."""
    _bound["drain"].wake()
    try:
        home.refresh_homes(ticket_id)
    except errors.UNAVAILABLE_ERRORS as error:  # the next change publishes them; RQ would write a traceback for each
        errors.report_outage(log, error, "publishing App Home views, which the next change does")


@job
def close_solved() -> None:
    """Notify customers of tickets that are closed soon, and close those that are due."""
    _until_done(auto_close.warn_before_closing)
    _until_done(auto_close.close_due_tickets)


@job
def scan_files(_row: int = 0) -> None:
    """Scan the files that wait for the virus scanner."""
    virus_scans.scan_waiting_files()


@job
def delete_files(_row: int = 0) -> None:
    """Delete the files that rows say are to be deleted."""
    _until_done(stored_files.delete_marked)


@job
def sweep_drafts() -> None:
    """Delete files that were uploaded and never sent."""
    _until_done(attachments.delete_expired_uploads)


@job
def index_older_tickets() -> None:
    """Write the search entries of tickets that an upgrade left to be indexed, for most of a minute."""
    ends = time.monotonic() + REINDEX_SECONDS
    while time.monotonic() < ends and reindexing.reindex_next_batch(db.session.connection()):
        db.session.commit()
    db.session.commit()


@job
def warn_of_service_levels() -> None:
    """Warn in the triage channel of SLA timers that run out soon."""
    timers.notify_due_soon()
    db.session.commit()


@job
def correct_due_times() -> None:
    """Write the due times of tickets that an earlier release changed while it ran beside this one."""
    _until_done(timers.correct_next_due_times)


@job
def apply_service_levels(after_id: int = 0) -> None:
    """Recalculate the SLA timers of open tickets, in batches, after targets or hours changed."""
    next_id: int | None = after_id
    while next_id is not None:
        next_id = timers.recalculate(next_id)
        db.session.commit()


@job
def run_idle_rules() -> None:
    """Run the rules for tickets on which nothing was done for some hours."""
    _until_done(run.run_idle)


@job
def send_notification_digests() -> None:
    """Mail the notifications of an hour or a day to those who chose that."""
    digests.send_due_digests()
    db.session.commit()


@job
def send_weekly_summaries() -> None:
    """Mail the weekly digest to leads, once a week."""
    weekly_digest.send_weekly_digests()
    db.session.commit()


@job
def send_reports() -> None:
    """Mail the saved reports that are due."""
    _until_done(saved_reports.send_due_reports)


@job
def store_report_days() -> None:
    """Store the sums of days that are over, for reports."""
    stored_reports.store_due_days()


@job
def purge_old_rows() -> None:
    """Delete what has done its work after the days of its setting, and record the sizes of tables."""
    idempotency_keys.delete_old()
    _until_done(row_retention.purge_next_batch)
    if sizes.is_due():
        sizes.record()
    db.session.commit()


@job
def renew_encryption() -> None:
    """Encrypt what the database keeps encrypted with the present SECRET_KEY, so that a former one can be given up."""
    connections.renew_encryption()
    sign_in_connections.renew_encryption()
    second_factor.renew_encryption()
    db.session.commit()


@job
def erase_what_is_old() -> None:
    """Erase closed tickets that are older than the retention setting, and what was being sent during an erasure."""
    _erase(retention.erase_expired_tickets)
    erasure.erase_what_was_being_sent()
    db.session.commit()


@job
def erase_organization(organization_id: int) -> None:
    """Erase an organization with all of its content, in batches."""
    _erase(lambda: organization_erasure.erase_organization_batch(db.session.get(Organization, organization_id)))


@job
def clean_database_file(_row: int = 0) -> None:
    """Remove from SQLite's files what was erased and is still in their bytes."""
    is_first = True
    while database_file.merge_next_batch(is_first=is_first):
        db.session.commit()
        is_first = False
    db.session.commit()
    database_file.truncate_log()


@job
def continue_operation(operation_id: int) -> None:
    """Go on with what an admin asked for, such as merging organizations, to its end."""
    _until_done(lambda: progress.continue_operation(operation_id))


@job
def apply_tag_change(tag_id: int) -> None:
    """Bring a tag that was renamed, merged or removed to the tickets that have it."""
    _until_done(lambda: tag_list.apply_change(tag_id))


@job
def poll_mailbox() -> None:
    """Store unread mails of IMAP_URL's mailbox; each is committed by itself."""
    imap_polling.poll_mailbox()


@job
def summarize_quarantine() -> None:
    """Mail the admins once a day about mails that wait in quarantine."""
    quarantine_summary.send_summaries()
    db.session.commit()


@job
def alert_admins() -> None:
    """Alert the admins when deliveries fail or wait for too long."""
    delivery_alerts.alert_admins()
    db.session.commit()


def _until_done(step: Callable[[], object]) -> None:
    """Call ``step`` and commit, until it returns something falsy."""
    while step():
        db.session.commit()
    db.session.commit()


def _erase(step: Callable[[], tuple[bool, list[str]]]) -> None:
    """Erase rows first, then their files: a crash leaves files without rows rather than rows without files."""
    has_more = True
    while has_more:
        has_more, keys = step()
        db.session.commit()
        erasure.delete_files(keys)
