"""Record that a delivery was sent, with as few statements as possible, since nearly all deliveries end like this.

One statement checks that the claim is still valid, locks the row and updates it.
"""

from typing import Any

from sqlalchemy import JSON, ColumnElement, Row, ScalarSelect, bindparam, func, literal_column, select, update

from helpdesk import clock, jobs
from helpdesk.database import transactions
from helpdesk.domain import locking
from helpdesk.domain.outbox import results, retry
from helpdesk.domain.outbox.channel import SendResult
from helpdesk.domain.outbox.claim import DeliveryClaim
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket

deliveries, threads, channels = Delivery.__table__, Thread.__table__, Channel.__table__
messages, tickets = Message.__table__, Ticket.__table__

# "unknown" is included: the lease may have expired meanwhile without another worker claiming the row.
MARK_SENT_STATEMENT = (
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("claimed"),
        deliveries.c.lease_owner == bindparam("owner"),
        deliveries.c.state.in_(
            [literal_column(f"'{state}'") for state in (DeliveryState.sending, DeliveryState.unknown)]
        ),
    )
    .values(
        state=DeliveryState.sent,
        external_id=bindparam("arrived_as"),
        data=bindparam("new_data", type_=JSON),
        finished_at=bindparam("now"),
        possibly_sent_since=None,
        reason=None,
        lease_until=None,
    )
    .returning(
        deliveries.c.thread_id,
        deliveries.c.message_id,
        deliveries.c.kind,
        deliveries.c.part,
        deliveries.c.queue_key,
        deliveries.c.attempts,
    )
)
# Locks the ticket as ``locking.lock_tickets_of`` does, and counts what its team's pages show of the message.
COUNT_SENT_STATEMENT = (
    update(tickets)
    .where(
        tickets.c.id.in_(
            select(threads.c.ticket_id)
            .join(deliveries, deliveries.c.thread_id == threads.c.id)
            .where(deliveries.c.id == bindparam("claimed"))
        )
    )
    .values(version=tickets.c.version + 1)
    .returning(tickets.c.id)
)
# Whether people reacted to the message that was sent; a card shows the ticket's first one.
HAS_REACTIONS = func.coalesce(
    select(messages.c.has_reactions).where(messages.c.id == bindparam("message")).scalar_subquery(),
    select(messages.c.has_reactions)
    .where(messages.c.ticket_id == threads.c.ticket_id, messages.c.seq == 1)
    .scalar_subquery(),
)


def _first_unfinished(of_queue: ColumnElement[bool]) -> ScalarSelect[int]:
    return (
        select(func.min(deliveries.c.id))
        .where(deliveries.c.thread_id == threads.c.id, deliveries.c.state.not_in(results.FINISHED_STATES), of_queue)
        .scalar_subquery()
    )


THREAD_STATE_QUERY = (
    select(
        threads.c.ticket_id,
        threads.c.external_id,
        channels.c.id.label("channel_id"),
        channels.c.blocked_reason,
        HAS_REACTIONS.label("has_reactions"),
        _first_unfinished(deliveries.c.queue_key == bindparam("queue_key")).label("behind"),
        _first_unfinished(deliveries.c.queue_key != bindparam("queue_key")).label("in_other_queue"),
    )
    .join(channels, channels.c.id == threads.c.channel_id)
    .where(threads.c.id == bindparam("thread"))
)
SET_EXTERNAL_ID_STATEMENT = (
    update(threads)
    .where(threads.c.id == bindparam("thread"), threads.c.external_id.is_(None))
    .values(external_id=bindparam("arrived_as"))
)


def mark_sent(claim: DeliveryClaim, sent: SendResult) -> int | None:
    """Record that the delivery was sent. Commits.

    Returns the id of the next delivery in its queue, for which no worker is woken. Does nothing if the claim is no
    longer valid.
    """
    db.session.remove()
    counted_ticket = None
    if claim.message_id is None:
        locking.lock_tickets_of((claim.id,))
    else:
        counted_ticket = transactions.execute_core(COUNT_SENT_STATEMENT, {"claimed": claim.id}).scalar_one_or_none()
    values = {
        "claimed": claim.id,
        "owner": claim.owner,
        "arrived_as": sent.external_id,
        "new_data": {**claim.data, **sent.extra},
        "now": clock.now(),
    }
    row = transactions.execute_core(MARK_SENT_STATEMENT, values).one_or_none()
    if row is None:
        db.session.remove()
        return None
    claim.channel.after_sent(claim.id, sent)
    thread = _update_thread(claim, row, sent, counted_ticket) if row.thread_id is not None else None
    db.session.commit()
    db.session.remove()
    if row.attempts > 1 or (thread is not None and thread.blocked_reason):
        retry.retry_waiting(claim)
    return thread.behind if thread is not None else None


def _update_thread(
    claim: DeliveryClaim, row: Row[*tuple[Any, ...]], sent: SendResult, counted_ticket: int | None
) -> Row[*tuple[Any, ...]]:
    """Update the thread, the ticket and the channel of a sent delivery. Returns the thread's state from before.

    ``counted_ticket`` is the ticket whose version was raised already: the thread's, unless it was moved meanwhile.
    """
    asked = {"thread": row.thread_id, "queue_key": row.queue_key, "message": row.message_id}
    thread = transactions.execute_core(THREAD_STATE_QUERY, asked).one()
    is_root = row.kind == DeliveryKind.card or not claim.channel.has_root_message
    is_first = thread.external_id is None and is_root
    if is_first:
        db.session.execute(SET_EXTERNAL_ID_STATEMENT, {"thread": row.thread_id, "arrived_as": sent.external_id})
    if thread.has_reactions and row.kind in (DeliveryKind.card, DeliveryKind.message) and row.part == 1:
        claim.channel.after_reacted_message_sent(claim.id)
    if row.kind == DeliveryKind.card and thread.in_other_queue is not None:
        jobs.enqueue_after_commit("deliver", thread.in_other_queue)  # all messages of a thread wait for its card
    if row.message_id is not None:
        is_elsewhere = thread.ticket_id != counted_ticket
        change = results.bump_ticket_version if is_elsewhere else results.publish_ticket
        change(thread.ticket_id, messages_only=not is_first and not thread.blocked_reason)
    if thread.blocked_reason:
        retry.unblock_channels(thread.channel_id, claim.channel, thread.blocked_reason)
    return thread
