"""Notify the team on the ticket that a mail which probably belongs to it waits in quarantine."""

from datetime import timedelta

from sqlalchemy import select

from helpdesk import clock, jobs
from helpdesk.domain import outbox
from helpdesk.domain.inbox.results import Result
from helpdesk.extensions import db
from helpdesk.models.delivery import DeliveryKind
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.thread import Thread

MIN_INTERVAL = timedelta(hours=1)  # between two notices on one ticket, which anybody could cause


def notify_team(inbound: InboundEvent, result: Result) -> None:
    """Add a line to the team's threads of the ticket that a person's mail probably belongs to."""
    if result.ticket_id is None or inbound.payload.get("kind") != "person" or inbound.payload.get("stopped"):
        return
    earlier = select(InboundEvent.id).where(
        InboundEvent.ticket_id == result.ticket_id,
        InboundEvent.source == "email",
        InboundEvent.state == "quarantined",
        InboundEvent.received_at > clock.now() - MIN_INTERVAL,
    )
    if db.session.scalar(earlier.limit(1)) is not None:
        return
    sender = inbound.payload.get("from") or "a sender that cannot be read"
    sentence = f"A mail from {sender} waits in quarantine on the desk. {result.status_text}"
    threads = select(Thread).where(Thread.ticket_id == result.ticket_id, Thread.ended_at.is_(None))
    for thread in db.session.scalars(threads.order_by(Thread.id)):
        if not thread.is_customers:
            delivery = outbox.enqueue_delivery(thread, DeliveryKind.line, sentence=sentence, team_only=True)
            jobs.enqueue_after_commit("deliver", delivery.id)
