"""Listeners of failed deliveries: functions that the application registers at its start."""

from collections.abc import Callable

from helpdesk.models.delivery import Delivery

FailureListener = Callable[[Delivery, str], None]

_listeners: list[FailureListener] = []


def register_listener(listener: FailureListener) -> None:
    """Call ``listener`` with each delivery that fails and the reason, in the transaction that marks it as failed."""
    if listener not in _listeners:
        _listeners.append(listener)


def on_failed(delivery: Delivery, reason: str) -> None:
    """Call every registered listener."""
    for listener in _listeners:
        listener(delivery, reason)
