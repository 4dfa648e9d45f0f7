"""What a worker does, by name. Each takes an id (0 where there is none), may run twice, and leaves the thinking to the domain."""

from collections.abc import Callable

from helpdesk import jobs
from helpdesk.channels.email import imap_polling
from helpdesk.channels.slack import home, sync
from helpdesk.domain import inbox, outbox
from helpdesk.domain.administration import delivery_alerts, erasure
from helpdesk.domain.authentication import sessions
from helpdesk.domain.reporting import weekly_digest
from helpdesk.domain.sla import timers
from helpdesk.domain.tickets import attachments, auto_close
from helpdesk.extensions import db
from helpdesk.models.user import Organization


def deliver(delivery_id: int) -> None:
    """Make one delivery, and those behind it in its lane."""
    outbox.deliver_thread(delivery_id)


def deliver_first(delivery_id: int) -> None:
    """Make one delivery that somebody is waiting for: a sign-in link."""
    outbox.deliver_one(delivery_id)


def receive(inbound_id: int) -> None:
    """Understand one inbound thing."""
    inbox.process_event(inbound_id)


def sweep(_id: int = 0) -> None:
    """Wake whatever is due and has no doorbell."""
    outbox.sweep()
    inbox.sweep()


def reconcile(_id: int = 0) -> None:
    """Read in Slack what an outage made us miss."""
    sync.sync_channels()


def refresh_homes(ticket_id: int) -> None:
    """Draw agents' home pages in Slack anew after a ticket changed."""
    home.refresh_homes(ticket_id)


def close_solved(_id: int = 0) -> None:
    """Tell customers what closes soon, and close what is due."""
    _until_done(auto_close.warn_before_closing)
    _until_done(auto_close.close_due_tickets)


def sweep_drafts(_id: int = 0) -> None:
    """Forget files that were uploaded and never sent."""
    _until_done(attachments.delete_expired_uploads)


def warn_of_service_levels(_id: int = 0) -> None:
    """Say in triage which promises are about to break."""
    timers.notify_due_soon()
    db.session.commit()


def apply_service_levels(after_id: int) -> None:
    """Reckon the clocks of open tickets anew, some at a time, after targets or hours changed."""
    next_id = timers.recalculate(after_id)
    db.session.commit()
    if next_id:
        jobs.wake_workers([("apply_service_levels", next_id)])


def send_weekly_summaries(_id: int = 0) -> None:
    """Mail leads the week's figures, once a week."""
    weekly_digest.send_weekly_digests()
    db.session.commit()


def forget_ended_sessions(_id: int = 0) -> None:
    """Delete sessions and links that ended long ago."""
    sessions.delete_ended()
    db.session.commit()


def erase_what_is_old(_id: int = 0) -> None:
    """Erase closed tickets that are older than the setting says."""
    _erase(erasure.erase_expired_tickets)


def erase_organization(organization_id: int) -> None:
    """Erase an organization with everything it said, some at a time."""
    _erase(lambda: erasure.erase_organization_batch(db.session.get(Organization, organization_id)))


def poll_mailbox(_id: int = 0) -> None:
    """Take in unread mails of IMAP_URL's mailbox; each commits by itself."""
    imap_polling.poll_mailbox()


def alert_admins(_id: int = 0) -> None:
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
