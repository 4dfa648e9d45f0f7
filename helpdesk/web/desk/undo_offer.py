"""The offer to undo what was changed for several tickets together."""

from typing import Any

from helpdesk.domain.tickets import bulk_undo
from helpdesk.models.user import User
from helpdesk.translation import ngettext


def describe_bulk_change(bulk: str, user: User, back: str) -> dict[str, Any] | None:
    """What the toast of the queue offers to undo; None if ``user`` changed nothing together under ``bulk``."""
    events = bulk_undo.list_changes(bulk, user)
    if not events:
        return None
    return {
        "sentence": ngettext(
            "Changed %(num)s ticket.", "Changed %(num)s tickets.", len({event.ticket_id for event in events})
        ),
        "path": "/desk/bulk/undo",
        "target": "#undo-toast",
        "fields": {"bulk": bulk, "back": back},
        "until": min(map(bulk_undo.undoable_until, events)),
    }
