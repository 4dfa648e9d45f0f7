"""What else follows from what happened to a ticket: its service-level clocks move, other programs are told."""

from helpdesk.domain.integrations import webhooks
from helpdesk.domain.sla import timers
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket


def on_ticket_created(ticket: Ticket, message: Message) -> None:
    """A ticket was filed with ``message``; nobody is told of it in any other way."""
    timers.start_timers(ticket)
    webhooks.enqueue_ticket_created(ticket, message)


def on_message_added(message: Message) -> None:
    """Something was said on a locked ticket, and what that does to its status is done."""
    if message.from_team and not message.is_note:
        timers.update_timers(message.ticket)
    webhooks.enqueue_message_added(message)


def on_ticket_changed(ticket: Ticket, kind: str, old: object, new: object) -> None:
    """Status, priority or assignee of a locked ticket changed."""
    if kind != "assigned":
        timers.update_timers(ticket)
    webhooks.enqueue_ticket_changed(ticket, kind, {"old": old, "new": new})
