"""Notify the team that a mail waits in quarantine: on the ticket to which it probably belongs, else in its channel."""

from datetime import timedelta

from sqlalchemy import select

from helpdesk import clock, urls
from helpdesk.channels.email import quarantine_summary
from helpdesk.domain import tickets
from helpdesk.domain.inbox.results import Result
from helpdesk.domain.notifications import events
from helpdesk.domain.outbox import enqueue, registry
from helpdesk.extensions import db
from helpdesk.models.delivery import DeliveryKind
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.translation import gettext, ngettext

MIN_INTERVAL = timedelta(hours=1)  # between two notices in one place, which anybody could cause


def notify_team(inbound: InboundEvent, result: Result) -> None:
    """Add a line to the team's threads of the ticket that a person's mail probably belongs to, and to its history; for
    a mail of no ticket a line in the team's channel.
    """
    if inbound.payload.get("kind") != "person" or inbound.payload.get("stopped"):
        return
    earlier = select(InboundEvent.id).where(
        InboundEvent.ticket_id == result.ticket_id,
        quarantine_summary.IS_WAITING,
        ~quarantine_summary.IS_AUTOMATIC,
        InboundEvent.received_at > clock.now() - MIN_INTERVAL,
        InboundEvent.id != inbound.id,
    )
    if db.session.scalar(earlier.limit(1)) is not None:
        return
    ticket = db.session.get(Ticket, result.ticket_id) if result.ticket_id else None
    events.on_unmatched_mail(ticket)
    if ticket is None:
        _write_to_team()
    else:
        _write_on_ticket(ticket, inbound, result)


def _write_to_team() -> None:
    """Say how many wait. Without an address: what is erased about a person is not looked for in such lines."""
    count = quarantine_summary.count_people() + 1  # the present one is not marked yet
    sentence = ngettext(
        "A mail waits under unmatched email, because nothing proves who sent it or where it belongs: %(address)s",
        "%(num)s mails wait under unmatched email, because nothing proves who sent it or where it belongs: %(address)s",
        count,
        address=urls.absolute_url("/desk/quarantine"),
    )
    for channel in registry.list_channels():
        channel.notify_team(sentence)


def _write_on_ticket(ticket: Ticket, inbound: InboundEvent, result: Result) -> None:
    ticket = tickets.lock(ticket)
    tickets.add_event(ticket, "mail_waits", None, team_only=True)
    sender = inbound.payload.get("from") or gettext("a sender that cannot be read")
    sentence = gettext(
        "A mail from %(sender)s waits in quarantine on the desk. %(reason)s",
        sender=sender,
        reason=result.status_text,
    )
    threads = select(Thread).where(Thread.ticket_id == ticket.id, Thread.ended_at.is_(None))
    for thread in db.session.scalars(threads.order_by(Thread.id)):
        if not thread.is_customers:
            line = enqueue.enqueue_delivery(thread, DeliveryKind.line, sentence=sentence, team_only=True)
            enqueue.wake_worker(line)
