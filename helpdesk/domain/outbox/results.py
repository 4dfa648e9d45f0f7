"""Record that a claimed delivery was not sent: it failed, its result is unknown, or it was skipped or postponed.

Each function locks the row, checks that the claim is still valid, and commits.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, bindparam, literal_column, select, update
from sqlalchemy.orm import joinedload

from helpdesk import clock, jobs, live_events
from helpdesk.domain import locking
from helpdesk.domain.outbox import errors, failure_listeners, withdrawal
from helpdesk.domain.outbox.errors import RetryLater, SkipDelivery
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.ticket import Ticket
from helpdesk.translation import N_, gettext

if TYPE_CHECKING:
    from helpdesk.domain.outbox.claim import DeliveryClaim

# Before the next attempt, by attempts made.
RETRY_DELAYS_SECONDS = (1, 2, 5, 10, 20, 30, 30, 60, 60, 120, 300, 600, 900)
MAX_RENDER_ATTEMPTS = 5
MAY_BE_THERE = N_("An earlier attempt may have arrived.")
RENDER_FAILURES = "render_failures"  # key in Delivery.data: how often an error of ours kept it from being rendered
OUTAGE_DELAY = timedelta(seconds=2)  # after the database or the file store did not answer

MIN_BLOCKED_DELAY = timedelta(seconds=10)  # before a blocked channel is tried again

# Literals, so that the databases use the partial index of the unfinished rows.
FINISHED_STATES: list[ColumnElement[str]] = [
    literal_column(f"'{state}'") for state in (DeliveryState.sent, DeliveryState.cancelled)
]
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

BUMP_VERSION_STATEMENT = (
    update(Ticket.__table__)
    .where(Ticket.__table__.c.id == bindparam("ticket"))
    .values(version=Ticket.__table__.c.version + 1)
)


def mark_failed(claim: "DeliveryClaim", error: errors.ChannelError) -> None:
    """Record a failed attempt: update the delivery and its channel according to ``error``. Commits."""
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
        delivery.lease_until = now + claim.channel.hold_off()
        delivery.due_at = max(delivery.lease_until, now + delay)
    elif isinstance(error, errors.PermanentError):
        _refuse_delivery(claim, delivery, error)
    elif claim.possibly_sent_since is not None and not claim.channel.is_idempotent:
        # The look-up or a repeated attempt failed; the first one may have been stored, so it is looked up again.
        delivery.state = DeliveryState.unknown
        delivery.due_at = now + delay
    else:
        delivery.state = DeliveryState.pending
        delivery.due_at = now + delay
        limit = claim.channel.gives_up_after
        if limit is not None and now - delivery.created_at > limit:
            _fail(delivery, error.reason)
    if isinstance(error, errors.TemporaryError) and error.retry_after:
        delivery.due_at = now + timedelta(seconds=error.retry_after)
        if delivery.thread is not None and claim.channel.pauses_channel(delivery.kind):
            delivery.thread.channel.paused_until = delivery.due_at
    if isinstance(error, errors.ChannelBlockedError):
        delivery.due_at = now + max(delay, MIN_BLOCKED_DELAY)
        _block_channel(delivery.thread.channel if delivery.thread else None, claim.channel.kind, error)
    _publish_change(delivery)
    db.session.commit()
    db.session.remove()


def postpone_or_skip(delivery_id: int, owner: str, reason: SkipDelivery | RetryLater, is_absent: bool = False) -> None:
    """Cancel or postpone the delivery for ``reason``. ``is_absent``: a look-up showed that it is not there. Commits."""
    delivery = _lock_claimed(delivery_id, owner)
    if delivery is None:
        return
    if is_absent:
        delivery.possibly_sent_since = None
    has_ended = isinstance(reason, SkipDelivery) and reason.reason == withdrawal.ENDED
    if not (has_ended and withdrawal.continue_in_successor(delivery)):
        _apply_postponement(delivery, reason)
    db.session.commit()
    db.session.remove()


def mark_render_failed(delivery_id: int, owner: str) -> None:
    """Record that the delivery could not be rendered; after MAX_RENDER_ATTEMPTS of these it fails. Commits.

    Attempts that the other side did not accept do not count: they say nothing about an error of ours.
    """
    delivery = _lock_claimed(delivery_id, owner)
    if delivery is None:
        return
    failures = int(delivery.data.get(RENDER_FAILURES, 0)) + 1
    _end_claim(delivery)
    delivery.reason = gettext("This could not be put into words for the other side; the log has the details.")
    delivery.data = {**delivery.data, RENDER_FAILURES: failures}
    if failures >= MAX_RENDER_ATTEMPTS:
        delivery.state = DeliveryState.failed
    delivery.due_at = clock.now() + timedelta(seconds=RETRY_DELAYS_SECONDS[failures + 2])
    _publish_change(delivery)
    db.session.commit()
    db.session.remove()


def return_claim(delivery_id: int, owner: str) -> None:
    """Let the delivery wait for another attempt; this one does not count, since a part of ours failed. Commits."""
    delivery = _lock_claimed(delivery_id, owner)
    if delivery is None:
        return
    _end_claim(delivery)
    delivery.due_at = clock.now() + OUTAGE_DELAY
    db.session.commit()
    db.session.remove()


def bump_ticket_version(ticket_id: int, messages_only: bool = False) -> None:
    """Refresh the team's open pages of the ticket after the commit; with ``messages_only`` only the conversation."""
    db.session.execute(BUMP_VERSION_STATEMENT, {"ticket": ticket_id})
    publish_ticket(ticket_id, messages_only)


def publish_ticket(ticket_id: int, messages_only: bool = False) -> None:
    """Refresh the team's open pages of the ticket after the commit, whose version was raised."""
    live_events.publish_after_commit(f"team:ticket:{ticket_id}{live_events.MESSAGES_ONLY if messages_only else ''}")


def _end_claim(delivery: Delivery) -> None:
    """Let the row wait as before its claim, during which nothing was sent."""
    delivery.state = DeliveryState.unknown if delivery.possibly_sent_since else DeliveryState.pending
    delivery.attempts = max(0, delivery.attempts - 1)
    delivery.lease_until = delivery.lease_owner = None


def _refuse_delivery(claim: "DeliveryClaim", delivery: Delivery, error: errors.PermanentError) -> None:
    """Fail a permanently refused delivery, unless its channel skips or postpones it."""
    try:
        claim.channel.handle_permanent_error(delivery, error)
    except (SkipDelivery, RetryLater) as instead:
        _apply_postponement(delivery, instead)
    else:
        _fail(delivery, error.reason)


def _fail(delivery: Delivery, reason: str) -> None:
    """Set the state of a delivery that only a person can help, and notify an agent."""
    delivery.state = DeliveryState.failed
    failure_listeners.on_failed(delivery, reason)


def _apply_postponement(delivery: Delivery, reason: SkipDelivery | RetryLater) -> None:
    if isinstance(reason, SkipDelivery):
        text = str(reason.reason)
        if delivery.possibly_sent_since is not None:
            text += " " + gettext(MAY_BE_THERE)
        _finish_delivery(delivery, DeliveryState.cancelled, text)
    else:
        _end_claim(delivery)
        delivery.due_at, delivery.reason = clock.now() + timedelta(seconds=reason.seconds), str(reason.reason)


def _lock_claimed(delivery_id: int, owner: str) -> Delivery | None:
    """Lock the row; None if the claim is no longer valid."""
    db.session.remove()
    locking.lock_tickets_of((delivery_id,))
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
    if error.scope == "channel" and channel is None:
        return  # a delivery without a thread, such as a direct message: no channel of ours is out of order
    rows = (Channel.id == channel.id) if error.scope == "channel" and channel else (Channel.kind == kind)
    affected = db.session.scalars(select(Channel).where(rows).order_by(Channel.id).with_for_update(of=Channel))
    for each in affected:
        each.blocked_reason = error.reason
        each.blocked_at = each.blocked_at or clock.now()
    live_events.publish_after_commit("desk")
