"""What happens to people, for other parts of the domain that want to know: added, changed, merged, erased.

They add a listener when the application starts, so that this package need not know them.
"""

from collections.abc import Callable
from typing import Any

from helpdesk.extensions import db
from helpdesk.models.user import User

Listener = Callable[[str, User, dict[str, Any]], None]
_listeners: list[Listener] = []


def add_listener(listener: Listener) -> None:
    """Call ``listener`` with each event ("added", "changed", "merged", "erased"), the person, and its details."""
    if listener not in _listeners:
        _listeners.append(listener)


def notify_listeners(event: str, user: User, **details: Any) -> None:
    """Call every listener, in the transaction of the change."""
    for listener in _listeners:
        listener(event, user, details)


def rename(user: User, name: str) -> None:
    """Give ``user`` another name, whoever says so: an admin, they themselves, their provider, a file."""
    before, user.name = user.name, name
    if before != name:
        db.session.flush()
        notify_listeners("changed", user, changes={"name": [before, name]})
