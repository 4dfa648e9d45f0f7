"""The outbox: what is to be sent, to whom, in which order, and with which result.

``fan_out`` and ``enqueue`` add rows in the caller's transaction. ``deliver`` commits: it claims one row, calls the
external service without an open transaction, and records the result.
"""

from helpdesk.domain.outbox.deliver import (
    deliver_one,
    deliver_thread,
    list_due,
    list_due_urgent,
    release_expired_leases,
)
from helpdesk.domain.outbox.enqueue import enqueue_account_mail, enqueue_delivery
from helpdesk.domain.outbox.fan_out import (
    announce_published,
    delete_unsent,
    delete_unsent_solved_mail,
    end_mail_thread,
    enqueue_card_update,
    enqueue_card_updates,
    enqueue_new_ticket,
    enqueue_ticket_mail,
    fan_out_deletion,
    fan_out_edit,
    fan_out_files,
    fan_out_message,
    open_mail_thread,
    remove_copies,
    retract_from_customers,
)
from helpdesk.domain.outbox.manual_actions import (
    end_undo_window,
    hold_pending,
    release_delivery,
    retry_delivery,
    skip_delivery,
)
from helpdesk.domain.outbox.withdrawal import cancel_waiting

__all__ = [
    "enqueue_new_ticket",
    "enqueue_card_update",
    "enqueue_card_updates",
    "announce_published",
    "delete_unsent",
    "delete_unsent_solved_mail",
    "cancel_waiting",
    "deliver_one",
    "deliver_thread",
    "end_mail_thread",
    "fan_out_message",
    "fan_out_deletion",
    "fan_out_edit",
    "fan_out_files",
    "hold_pending",
    "enqueue_account_mail",
    "enqueue_ticket_mail",
    "open_mail_thread",
    "enqueue_delivery",
    "release_delivery",
    "list_due",
    "list_due_urgent",
    "release_expired_leases",
    "retry_delivery",
    "end_undo_window",
    "skip_delivery",
    "retract_from_customers",
    "remove_copies",
]
