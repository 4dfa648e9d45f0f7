"""What else follows from what happened to a ticket: its service-level clocks move, other programs are told."""

from helpdesk.domain import service_levels, webhooks
from helpdesk.models.tickets import Message, Ticket


def filed(ticket: Ticket, message: Message) -> None:
    """A ticket was filed with ``message``; nobody is told of it in any other way."""
    service_levels.begin(ticket)
    webhooks.filed(ticket, message)


def said(message: Message) -> None:
    """Something was said on a locked ticket, and what that does to its status is done."""
    if message.from_team and not message.is_note:
        service_levels.follow(message.ticket)
    webhooks.said(message)


def changed(ticket: Ticket, kind: str, old: object, new: object) -> None:
    """Status, priority or assignee of a locked ticket changed."""
    if kind != "assigned":
        service_levels.follow(ticket)
    webhooks.happened(ticket, kind, {"old": old, "new": new})
