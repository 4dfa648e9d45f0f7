"""The operations on tickets, for every channel; each function checks permissions itself.

A function that changes a ticket locks its row first (``helpdesk.domain.locking``), then asks for permission: changes of
one ticket are serialized, every number in its timeline is assigned once, and nobody writes on a ticket that was moved
away meanwhile.
"""

from helpdesk.domain.locking import lock_ticket as lock
from helpdesk.domain.tickets.answer_change import change_answer
from helpdesk.domain.tickets.create import create_follow_up, create_ticket
from helpdesk.domain.tickets.delivery_status import delivery_threads
from helpdesk.domain.tickets.file_addition import add_files
from helpdesk.domain.tickets.file_withdrawal import withdraw_files
from helpdesk.domain.tickets.followers import add_follower, remove_follower
from helpdesk.domain.tickets.held_replies import hold_reply, publish_due_replies, publish_held
from helpdesk.domain.tickets.message_changes import convert_to_note, delete_message, edit_message
from helpdesk.domain.tickets.messages import add_note, reply, reply_from_outside
from helpdesk.domain.tickets.read_receipts import pending_read_receipt, read_by, save_read_receipt
from helpdesk.domain.tickets.requester import change_requester
from helpdesk.domain.tickets.status import assign, close, reopen, set_priority, set_status, solve
from helpdesk.domain.tickets.timeline import (
    FIRST_SEQ,
    MAX_ENTRIES,
    Rows,
    add_event,
    count_messages,
    find_seq,
    load_timeline,
    query_parameters,
)
from helpdesk.domain.tickets.undo import find_undoable_reply, take_back_reply, undo_status, window_end

__all__ = [
    "FIRST_SEQ",
    "MAX_ENTRIES",
    "assign",
    "change_answer",
    "change_requester",
    "close",
    "delete_message",
    "edit_message",
    "create_ticket",
    "add_follower",
    "create_follow_up",
    "lock",
    "convert_to_note",
    "save_read_receipt",
    "add_note",
    "delivery_threads",
    "pending_read_receipt",
    "reopen",
    "reply",
    "reply_from_outside",
    "add_event",
    "read_by",
    "set_priority",
    "set_status",
    "solve",
    "count_messages",
    "find_seq",
    "load_timeline",
    "query_parameters",
    "Rows",
    "remove_follower",
    "find_undoable_reply",
    "take_back_reply",
    "undo_status",
    "window_end",
    "add_files",
    "withdraw_files",
    "hold_reply",
    "publish_due_replies",
    "publish_held",
]
