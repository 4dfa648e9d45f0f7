"""What people do with tickets. Every door ends here; each verb asks for permission itself.

A verb locks the ticket's row first, so that two of them on one ticket follow each other and every place in its timeline
is given out once.
"""

from helpdesk.domain.tickets.conversation import delete, edit, make_note, note, reply, reply_from_outside
from helpdesk.domain.tickets.filing import file, follow_up
from helpdesk.domain.tickets.people import follow, mark_read, reading, seen_by, unfollow
from helpdesk.domain.tickets.places import places
from helpdesk.domain.tickets.progress import assign, close, reopen, set_priority, set_status, solve
from helpdesk.domain.tickets.timeline import lock, say_event, timeline

__all__ = [
    "assign",
    "close",
    "delete",
    "edit",
    "file",
    "follow",
    "follow_up",
    "lock",
    "make_note",
    "mark_read",
    "note",
    "places",
    "reading",
    "reopen",
    "reply",
    "reply_from_outside",
    "say_event",
    "seen_by",
    "set_priority",
    "set_status",
    "solve",
    "timeline",
    "unfollow",
]
