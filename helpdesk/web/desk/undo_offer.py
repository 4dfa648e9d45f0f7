"""The offer to undo what was changed for several tickets together."""

from datetime import timedelta
from typing import Any

from helpdesk.domain.tickets import tags
from helpdesk.models.user import User
from helpdesk.translation import ngettext

UNDO_SECONDS = 60


def describe_bulk_change(bulk: str, user: User, back: str) -> dict[str, Any] | None:
    """What the toast of the queue offers to undo; None if ``user`` changed nothing together under ``bulk``."""
    events = tags.list_bulk_changes(bulk, user, UNDO_SECONDS) if bulk else []
    if not events:
        return None
    return {
        "sentence": ngettext(
            "Changed the tags of %(num)s ticket.", "Changed the tags of %(num)s tickets.", len(events)
        ),
        "path": "/desk/bulk/undo",
        "target": "#undo-toast",
        "fields": {"bulk": bulk, "back": back},
        "until": min(event.created_at for event in events) + timedelta(seconds=UNDO_SECONDS),
    }
