"""The outbox: what must leave, to whom, in which order, and what came of it.

``fan_out`` and its siblings write rows inside somebody's transaction. ``deliver`` is a transaction boundary of its own:
it claims one row, lets the database go, speaks to the outside, and writes down what happened.
"""

from helpdesk.domain.outbox.destinations import (
    announce,
    card_changed,
    end_mail_thread,
    fan_out,
    fan_out_deletion,
    fan_out_edit,
    mail,
    mail_about,
    open_mail_thread,
    put,
    withdraw_from_customers,
)
from helpdesk.domain.outbox.lane import deliver, deliver_lane, sweep
from helpdesk.domain.outbox.mending import hold_old, release, retry, send_now, skip

__all__ = [
    "announce",
    "card_changed",
    "deliver",
    "deliver_lane",
    "end_mail_thread",
    "fan_out",
    "fan_out_deletion",
    "fan_out_edit",
    "hold_old",
    "mail",
    "mail_about",
    "open_mail_thread",
    "put",
    "release",
    "retry",
    "send_now",
    "skip",
    "sweep",
    "withdraw_from_customers",
]
