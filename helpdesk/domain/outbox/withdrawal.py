"""Withdraw copies of a message: one that certainly was not sent is cancelled, any other is removed by its channel.

A copy in doubt may be in its thread. It is looked for as always, but not sent again (``claim``); where the look-up
finds it, the removal behind it in the queue has something to remove. The ticket is locked, so that nothing is added
meanwhile, and so are the deliveries, so that no worker claims one meanwhile.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from helpdesk import clock, jobs
from helpdesk.domain import locking
from helpdesk.domain.outbox import registry
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread
from helpdesk.translation import N_

COPY_KINDS = (DeliveryKind.message, DeliveryKind.file)
CONVERSATION_KINDS = (*COPY_KINDS, DeliveryKind.line)
REMOVAL_KINDS = (DeliveryKind.delete, DeliveryKind.delete_file)
CHANGE_KINDS = (*REMOVAL_KINDS, DeliveryKind.edit, DeliveryKind.mark)
WAITING_STATES = (DeliveryState.pending, DeliveryState.on_hold, DeliveryState.failed, DeliveryState.unknown)
WITHDRAWN = "withdrawn"  # key in Delivery.data: why this copy must not be sent (again)
TAKEN_BACK = N_("Taken back before it left.")
ENDED = N_("Nothing more is sent here: the ticket was moved, or this person or channel left it.")


def lock_copies(*messages: Message) -> list[Delivery]:
    """Lock and return the deliveries of ``messages`` and their files in all threads, present and former."""
    ids = [message.id for message in messages]
    return locking.lock_deliveries(Delivery.message_id.in_(ids), Delivery.kind.in_(COPY_KINDS))


def find_copies(thread: Thread, message: Message) -> list[Delivery]:
    """Return the locked deliveries of ``message`` and its files in ``thread``."""
    return [copy for copy in lock_copies(message) if copy.thread_id == thread.id]


def may_be_there(copy: Delivery) -> bool:
    """Whether ``copy`` was or may have been sent, in whichever state its delivery is by now."""
    sent_or_unknown = (DeliveryState.sent, DeliveryState.sending, DeliveryState.unknown)
    return copy.state in sent_or_unknown or copy.possibly_sent_since is not None


def enqueue_removal(copy: Delivery, message: Message) -> None:
    """Withdraw one locked copy of ``message``, which was deleted or may no longer be read there."""
    if not may_be_there(copy):
        if copy.state != DeliveryState.cancelled:
            cancel(copy, TAKEN_BACK)
        return
    copy.data = {**copy.data, WITHDRAWN: TAKEN_BACK}
    if copy.thread is None or not registry.is_registered(copy.thread.channel.kind):
        return
    channel = registry.get_channel(copy.thread.channel.kind)
    if copy.state not in (DeliveryState.sent, DeliveryState.sending) and channel.removes_copies:
        copy.due_at = earliest_look_up(copy)  # also one that a person held or left out: it may be there
        copy.state, copy.finished_at = DeliveryState.unknown, None
        jobs.enqueue_after_commit("deliver", copy.id)
    channel.enqueue_removal(copy, message)


def find_successor(thread: Thread) -> Thread | None:
    """Return the open thread of the same ticket and channel that took the place of ``thread``, which has ended."""
    return db.session.scalar(
        select(Thread)
        .where(
            Thread.ticket_id == thread.ticket_id,
            Thread.channel_id == thread.channel_id,
            Thread.user_id.is_(None),
            Thread.ended_at.is_(None),
            Thread.id > thread.id,
        )
        .order_by(Thread.id.desc())
        .limit(1)
    )


def continue_in_successor(delivery: Delivery) -> bool:
    """Move a locked delivery that is certainly not in its ended thread to the thread which took its place.

    False if there is none: then nothing more is sent there. A card that was deleted is replaced while a delivery may be
    on its way; where it did not arrive, its words would otherwise be missing in the channel for good.
    """
    thread = delivery.thread
    if thread is None or thread.ended_at is None or delivery.possibly_sent_since is not None:
        return False
    successor = find_successor(thread) if delivery.kind in CONVERSATION_KINDS else None
    if successor is None:
        return False
    delivery.thread, delivery.state, delivery.attempts = successor, DeliveryState.pending, 0
    delivery.due_at, delivery.reason = clock.now(), None
    delivery.lease_until = delivery.lease_owner = None
    jobs.enqueue_after_commit("deliver", delivery.id)
    return True


def reason_not_to_send(delivery: Delivery) -> str | None:
    """Why ``delivery`` must not be sent any more, whatever it contains; None if it may be."""
    if WITHDRAWN in delivery.data:
        return str(delivery.data[WITHDRAWN])
    if delivery.thread is not None and delivery.thread.ended_at is not None and delivery.kind not in CHANGE_KINDS:
        return ENDED
    return None


def cancel_waiting(thread_ids: Iterable[int], reason: str) -> None:
    """Cancel everything that waits in these threads. What may have been sent stays marked as such."""
    waiting = Delivery.thread_id.in_(list(thread_ids)), Delivery.state.in_(WAITING_STATES)
    for delivery in locking.lock_deliveries(*waiting):
        cancel(delivery, reason)


def cancel(delivery: Delivery, reason: str) -> None:
    """Cancel a locked delivery."""
    delivery.state = DeliveryState.cancelled
    delivery.reason = reason
    delivery.finished_at = clock.now()


def earliest_look_up(delivery: Delivery) -> datetime:
    """When a delivery in doubt may be looked for: at the end of its hold-off, whatever else made it wait longer."""
    is_unknown = delivery.state == DeliveryState.unknown
    return max(clock.now(), delivery.lease_until or (delivery.due_at if is_unknown else clock.now()))
