"""Settings for the external services, and a drain that runs due jobs without a worker."""

from flask import current_app
from sqlalchemy import select

from helpdesk import clock
from helpdesk.demo import personas
from helpdesk.domain import inbox, outbox
from helpdesk.models.delivery import Delivery
from helpdesk.models.inbound_event import InboundEvent
from tests import time_travel, timeouts

stand_ins: list = []  # the Slack workspaces of the present test


def settings(workspace, mailbox) -> dict:
    """Environment settings that point at the demo's Slack and mailbox."""
    return {
        "SLACK_BOT_TOKEN": personas.BOT_TOKEN,
        "SLACK_SIGNING_SECRET": personas.SIGNING_SECRET,
        "SLACK_API_URL": workspace.api_url,
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": mailbox.port,
    }


def drain(session, rounds: int = 30) -> None:
    """Do every job that is due, each in a context of its own as a worker has it, until none is left.

    The clock stands still meanwhile: what is to be tried again in a second is not due, however slow the machine.
    """
    session.rollback()
    with time_travel.frozen():
        for _ in range(rounds):
            if not _run_due_jobs(session):
                return


def _run_due_jobs(session) -> bool:
    """Run the jobs that are due now; whether any of them did something."""
    now = clock.now()
    received = session.scalars(
        select(InboundEvent.id)
        .where(InboundEvent.state == "waiting", InboundEvent.due_at <= now)
        .order_by(InboundEvent.id)
    )
    jobs = [(inbox.process_event, id) for id in received]
    due = Delivery.state.in_(("pending", "unknown")) & (Delivery.due_at <= now)
    jobs += [(outbox.deliver_one, id) for id in session.scalars(select(Delivery.id).where(due).order_by(Delivery.id))]
    session.rollback()
    return any([run_job(job, id) for job, id in jobs])


def run_job(job, id: int):
    """Run one job as a worker would."""
    with current_app._get_current_object().app_context():
        return job(id)


def advance_time(session, seconds: float = 3600) -> None:
    """Let time pass: for what waits in our tables, and for requests that a stand-in stores late.

    A request that a stand-in is still working on is waited for first; in the time that passes, it would have ended.
    """
    session.rollback()
    for stand_in in stand_ins:
        assert stand_in.wait_idle(timeouts.LIMIT), "the stand-in still works on a request"
    time_travel.advance(seconds)
    for stand_in in stand_ins:
        stand_in.store_late_requests()


def receive_events(session, workspace) -> int:
    """Take in every event the workspace has sent (it remembers what it would have posted).

    Returns how many were new.
    """
    new = 0
    for attempt in list(workspace.events.log):
        new += inbox.store_event("slack", attempt.event_id, attempt.body if isinstance(attempt.body, dict) else {})
    session.commit()
    return new
