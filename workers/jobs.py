"""What a worker does, by name. Each takes an id or nothing, may run twice, and leaves the thinking to the domain."""

from helpdesk.domain import inbox, outbox


def deliver(delivery_id: int) -> None:
    """Make one delivery."""
    outbox.deliver(delivery_id)


def receive(inbound_id: int) -> None:
    """Understand one inbound thing."""
    inbox.receive(inbound_id)


def sweep() -> None:
    """Wake whatever is due and has no doorbell."""
    outbox.sweep()
    inbox.sweep()
