"""Writing down what became of a delivery that was ours and has not arrived: failed, in doubt, left out, or not yet.

Each begins by locking the row and looking whether it is still ours, and commits.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, bindparam, literal_column, select, update
from sqlalchemy.orm import joinedload

from helpdesk import clock, config, jobs, live_events
from helpdesk.domain.outbox import errors
from helpdesk.domain.outbox.errors import RetryLater, SkipDelivery
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket

if TYPE_CHECKING:
    from helpdesk.domain.outbox.claim import DeliveryClaim

RETRY_DELAYS_SECONDS = (
    1,
    2,
    5,
    10,
    20,
    30,
    30,
    60,
    60,
    120,
    300,
    600,
    900,
)  # seconds before the next try, by tries made
MAX_RENDER_ATTEMPTS = 5

MIN_BLOCKED_DELAY = timedelta(seconds=10)  # before a blocked channel is tried again

FINISHED_STATES: list[ColumnElement[str]] = [
    literal_column(f"'{state}'") for state in (DeliveryState.sent, DeliveryState.cancelled)
]  # spelt out, so that the index of the others fits
LOCK_CLAIMED_QUERY = (
    select(Delivery)
    .where(Delivery.id == bindparam("claimed"))
    .options(joinedload(Delivery.thread))
    .with_for_update(of=Delivery)
)
NEXT_DELIVERIES_QUERY = (
    select(db.func.min(Delivery.id), Delivery.queue_key)
    .where(Delivery.thread_id == bindparam("thread"), Delivery.state.not_in(FINISHED_STATES))
    .group_by(Delivery.queue_key)
)

LOCK_TICKET_QUERY = (
    select(Ticket.__table__.c.id)
    .join(Thread.__table__, Thread.__table__.c.ticket_id == Ticket.__table__.c.id)
    .join(Delivery.__table__, Delivery.__table__.c.thread_id == Thread.__table__.c.id)
    .where(Delivery.__table__.c.id == bindparam("claimed"))
    .with_for_update(of=Ticket.__table__, key_share=True)
)
BUMP_VERSION_STATEMENT = (
    update(Ticket.__table__)
    .where(Ticket.__table__.c.id == bindparam("ticket"))
    .values(version=Ticket.__table__.c.version + 1)
)


def mark_failed(claim: "DeliveryClaim", error: errors.ChannelError) -> None:
    """It has not arrived, or nobody knows: what ``error`` means for the row, its channel and its address. Commits."""
    delivery = _lock_claimed(claim.id, claim.owner)
    if delivery is None:
        return
    now = clock.now()
    delay = timedelta(seconds=RETRY_DELAYS_SECONDS[min(delivery.attempts, len(RETRY_DELAYS_SECONDS)) - 1])
    delivery.reason = error.reason
    delivery.lease_until = delivery.lease_owner = None
    if isinstance(error, errors.UnknownOutcomeError):
        delivery.state = DeliveryState.unknown
        delivery.possibly_sent_since = claim.possibly_sent_since or claim.started_at
        delivery.due_at = now + max(claim.channel.hold_off(), delay)
    elif isinstance(error, errors.PermanentError):
        _refuse_delivery(claim, delivery, error)
    elif claim.possibly_sent_since is not None and not claim.channel.is_idempotent:
        # The look-up or the second try was refused; the first may still have landed, so the next try looks again.
        delivery.state = DeliveryState.unknown
        delivery.due_at = now + delay
    else:
        delivery.state = DeliveryState.pending
        delivery.due_at = now + delay
        patience = claim.channel.gives_up_after
        if patience is not None and now - delivery.created_at > patience:
            delivery.state = DeliveryState.failed
    if isinstance(error, errors.TemporaryError) and error.retry_after:
        delivery.due_at = now + timedelta(seconds=error.retry_after)
        if delivery.thread is not None and claim.channel.pauses_when_rate_limited:
            delivery.thread.channel.paused_until = delivery.due_at
    if isinstance(error, errors.ChannelBlockedError):
        delivery.due_at = now + max(delay, MIN_BLOCKED_DELAY)
        _block_channel(delivery.thread.channel if delivery.thread else None, claim.channel.kind, error)
    _publish_change(delivery)
    db.session.commit()
    db.session.remove()


def postpone_or_skip(delivery_id: int, owner: str, reason: SkipDelivery | RetryLater) -> None:
    """It need not leave any more, or not yet."""
    delivery = _lock_claimed(delivery_id, owner)
    if delivery is None:
        return
    _apply_postponement(delivery, reason)
    db.session.commit()
    db.session.remove()


def mark_render_failed(delivery_id: int, owner: str) -> None:
    """A row that cannot be turned into something to send: tried a few times, then shown to the team."""
    delivery = _lock_claimed(delivery_id, owner)
    if delivery is None:
        return
    delivery.reason = "This could not be put into words for the other side; the log has the details."
    delivery.lease_until = delivery.lease_owner = None
    if delivery.attempts >= MAX_RENDER_ATTEMPTS:
        delivery.state = DeliveryState.failed
    else:
        delivery.state = DeliveryState.unknown if delivery.possibly_sent_since else DeliveryState.pending
        delivery.due_at = clock.now() + timedelta(seconds=RETRY_DELAYS_SECONDS[delivery.attempts + 2])
    db.session.commit()
    db.session.remove()


def lock_ticket(delivery_id: int) -> None:
    """Take the ticket's row before the delivery's, as whoever writes on a ticket does: taken the other way round, two
    would wait for each other. SQLite lets only one write at all."""
    if not config.current().is_sqlite:
        db.session.execute(LOCK_TICKET_QUERY, {"claimed": delivery_id})


def bump_ticket_version(ticket_id: int) -> None:
    """Show what became of it on the team's open pages of the ticket."""
    db.session.execute(BUMP_VERSION_STATEMENT, {"ticket": ticket_id})
    live_events.publish_after_commit(f"team:ticket:{ticket_id}")


def _refuse_delivery(claim: "DeliveryClaim", delivery: Delivery, error: errors.PermanentError) -> None:
    """Refused for good: it fails, unless its channel knows better."""
    try:
        claim.channel.handle_permanent_error(delivery, error)
    except (SkipDelivery, RetryLater) as instead:
        _apply_postponement(delivery, instead)
    else:
        delivery.state = DeliveryState.failed


def _apply_postponement(delivery: Delivery, reason: SkipDelivery | RetryLater) -> None:
    if isinstance(reason, SkipDelivery):
        _finish_delivery(delivery, DeliveryState.cancelled, reason.reason)
    else:
        delivery.state = DeliveryState.unknown if delivery.possibly_sent_since else DeliveryState.pending
        delivery.due_at, delivery.reason = clock.now() + timedelta(seconds=reason.seconds), reason.reason
        delivery.lease_until = delivery.lease_owner = None


def _lock_claimed(delivery_id: int, owner: str) -> Delivery | None:
    """The row, locked, unless somebody else has taken it meanwhile."""
    db.session.remove()
    lock_ticket(delivery_id)
    delivery = db.session.scalar(LOCK_CLAIMED_QUERY, {"claimed": delivery_id})
    if delivery is not None and delivery.state == DeliveryState.sending and delivery.lease_owner == owner:
        return delivery
    db.session.rollback()
    return None


def _finish_delivery(delivery: Delivery, state: DeliveryState, reason: str | None) -> None:
    delivery.state = state
    delivery.reason = reason
    delivery.finished_at = clock.now()
    delivery.lease_until = None
    _publish_change(delivery)
    if delivery.thread_id is None:
        return
    db.session.flush()
    for id, queue_key in db.session.execute(NEXT_DELIVERIES_QUERY, {"thread": delivery.thread_id}):
        if queue_key == delivery.queue_key or delivery.kind == DeliveryKind.card:
            jobs.enqueue_after_commit("deliver", id)


def _publish_change(delivery: Delivery) -> None:
    if delivery.thread is not None and delivery.message_id is not None:
        bump_ticket_version(delivery.thread.ticket_id)


def _block_channel(channel: Channel | None, kind: str, error: errors.ChannelBlockedError) -> None:
    affected = (
        [channel]
        if error.scope == "channel" and channel
        else db.session.scalars(select(Channel).where(Channel.kind == kind))
    )
    for each in affected:
        each.blocked_reason = error.reason
        each.blocked_at = each.blocked_at or clock.now()
    live_events.publish_after_commit("desk")
