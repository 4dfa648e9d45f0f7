"""Listeners of what people do on tickets, called once all that it causes is done; registered at the start."""

from typing import Protocol

from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket


class ChangeListener(Protocol):
    """Called in the transaction of the change; the ticket is locked, or new."""

    def after_filing(self, ticket: Ticket, message: Message) -> None:
        """A ticket was filed with this message."""

    def after_reply(self, message: Message) -> None:
        """A public reply was added."""

    def after_change(self, ticket: Ticket) -> None:
        """Somebody changed status, priority or assignee."""


_listeners: list[ChangeListener] = []


def register_listener(listener: ChangeListener) -> None:
    """Let ``listener`` hear of every change from now on."""
    if listener not in _listeners:
        _listeners.append(listener)


def after_filing(ticket: Ticket, message: Message) -> None:
    """Call every listener for a new ticket, once all of it is stored."""
    for listener in _listeners:
        listener.after_filing(ticket, message)


def after_reply(message: Message) -> None:
    """Call every listener for a new reply."""
    for listener in _listeners:
        listener.after_reply(message)


def after_change(ticket: Ticket) -> None:
    """Call every listener for a ticket whose status, priority or assignee somebody changed."""
    for listener in _listeners:
        listener.after_change(ticket)
