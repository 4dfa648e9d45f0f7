"""Writing down that a delivery has arrived, as nearly all do: few statements, each in its fewest words.

The row is written only where it is still ours, in the one statement that also locks it.
"""

from typing import Any

from sqlalchemy import JSON, ColumnElement, Row, ScalarSelect, bindparam, func, literal_column, select, update

from helpdesk import clock, jobs
from helpdesk.domain.outbox import results, retry
from helpdesk.domain.outbox.channel import SendResult
from helpdesk.domain.outbox.claim import DeliveryClaim
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.thread import Thread

deliveries, threads, channels = Delivery.__table__, Thread.__table__, Channel.__table__

# A success also settles what a sweep doubted meanwhile, as long as nobody else has taken it.
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
        data=bindparam("what", type_=JSON),
        finished_at=bindparam("now"),
        possibly_sent_since=None,
        reason=None,
        lease_until=None,
    )
    .returning(
        deliveries.c.thread_id,
        deliveries.c.message_id,
        deliveries.c.kind,
        deliveries.c.queue_key,
        deliveries.c.attempts,
    )
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


def mark_sent(claim: DeliveryClaim, what: SendResult) -> int | None:
    """It has arrived as ``what``. Commits. Returns the id of the one behind it in its lane, for which nobody has rung.

    Where somebody else has written that down, there is nothing left to do.
    """
    db.session.remove()
    results.lock_ticket(claim.id)
    known = {"claimed": claim.id, "owner": claim.owner, "arrived_as": what.external_id, "now": clock.now()}
    row = db.session.execute(MARK_SENT_STATEMENT, known | {"what": {**claim.data, **what.extra}}).one_or_none()
    place = None
    if row is not None:
        claim.channel.after_sent(claim.id)
        if row.thread_id is not None:
            place = _update_thread(claim, row, what)
    db.session.commit()
    db.session.remove()
    if row is not None and (row.attempts > 1 or (place is not None and place.blocked_reason)):
        retry.retry_waiting(claim)
    return place.behind if place is not None else None


def _update_thread(claim: DeliveryClaim, row: Row[Any], what: SendResult) -> Row[Any]:
    """What the arrival means for those behind it, for its thread and for its channel; its PLACE as it was before."""
    place = db.session.execute(THREAD_STATE_QUERY, {"thread": row.thread_id, "queue_key": row.queue_key}).one()
    is_root = row.kind == DeliveryKind.card or not claim.channel.has_root_message
    if place.external_id is None and is_root:
        db.session.execute(SET_EXTERNAL_ID_STATEMENT, {"thread": row.thread_id, "arrived_as": what.external_id})
    if row.kind == DeliveryKind.card and place.in_other_queue is not None:
        jobs.enqueue_after_commit("deliver", place.in_other_queue)  # everything of a thread waits for its card
    if row.message_id is not None:
        results.bump_ticket_version(place.ticket_id)
    if place.blocked_reason:
        retry.unblock_channels(place.channel_id, claim.channel, place.blocked_reason)
    return place
