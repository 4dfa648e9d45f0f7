"""What a worker does, by name. Each may run twice, and leaves the thinking to the domain."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask

from helpdesk.channels.email import imap_polling
from helpdesk.channels.slack import home, sync
from helpdesk.domain.authentication import sessions
from helpdesk.domain.monitoring import delivery_alerts
from helpdesk.domain.privacy import erasure
from helpdesk.domain.reporting import weekly_digest
from helpdesk.domain.sla import timers
from helpdesk.domain.tickets import attachments, auto_close
from helpdesk.extensions import db
from helpdesk.jobs import wake_workers
from helpdesk.models.user import Organization
from workers.drain import Drain

_bound: dict[str, Any] = {}


def bind(app: Flask, drain: Drain | None) -> None:
    """Say which application the jobs of this process run in, and which threads a wake-up is for."""
    _bound.update(app=app, drain=drain)


def job(function: Callable[..., None]) -> Callable[..., None]:
    """Run ``function`` in an application context of its own, whose end gives back the database session."""

    @wraps(function)
    def run(*arguments: Any) -> None:
        with _bound["app"].app_context():
            function(*arguments)

    return run


def drain() -> None:
    """Look now for what is due to be delivered or received."""
    _bound["drain"].look()


@job
def reconcile() -> None:
    """Read in Slack what an outage made us miss."""
    sync.sync_channels()


@job
def refresh_homes(ticket_id: int) -> None:
    """Draw agents' home pages in Slack anew after a ticket changed."""
    home.refresh_homes(ticket_id)


@job
def close_solved() -> None:
    """Tell customers what closes soon, and close what is due."""
    _until_done(auto_close.warn_before_closing)
    _until_done(auto_close.close_due_tickets)


@job
def sweep_drafts() -> None:
    """Forget files that were uploaded and never sent."""
    _until_done(attachments.delete_expired_uploads)


@job
def warn_of_service_levels() -> None:
    """Say in triage which promises are about to break."""
    timers.notify_due_soon()
    db.session.commit()


@job
def apply_service_levels(after_id: int) -> None:
    """Reckon the clocks of open tickets anew, some at a time, after targets or hours changed."""
    next_id = timers.recalculate(after_id)
    db.session.commit()
    if next_id:
        wake_workers([("apply_service_levels", next_id)])


@job
def send_weekly_summaries() -> None:
    """Mail leads the week's figures, once a week."""
    weekly_digest.send_weekly_digests()
    db.session.commit()


@job
def forget_ended_sessions() -> None:
    """Delete sessions and links that ended long ago."""
    sessions.delete_ended()
    db.session.commit()


@job
def erase_what_is_old() -> None:
    """Erase closed tickets that are older than the setting says."""
    _erase(erasure.erase_expired_tickets)


@job
def erase_organization(organization_id: int) -> None:
    """Erase an organization with everything it said, some at a time."""
    _erase(lambda: erasure.erase_organization_batch(db.session.get(Organization, organization_id)))


@job
def poll_mailbox() -> None:
    """Take in unread mails of IMAP_URL's mailbox; each commits by itself."""
    imap_polling.poll_mailbox()


@job
def alert_admins() -> None:
    """Tell the admins when what is written does not get out."""
    delivery_alerts.alert_admins()
    db.session.commit()


def _until_done(verb: Callable[[], object]) -> None:
    """Call ``verb`` and commit, as long as it says that it did something."""
    while verb():
        db.session.commit()
    db.session.commit()


def _erase(verb: Callable[[], tuple[bool, list[str]]]) -> None:
    """Rows first, then the files they named, so that a crash leaves files nobody knows rather than rows without files."""
    more = True
    while more:
        more, keys = verb()
        db.session.commit()
        erasure.delete_files(keys)
