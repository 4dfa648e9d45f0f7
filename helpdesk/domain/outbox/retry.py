"""Retry waiting deliveries as soon as their channel works again.

A delivery waits longer after every failure, up to fifteen minutes. When another one of the same kind of channel
succeeds, all become due, except those with an unknown result whose hold-off has not passed.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import case, func, select, update

from helpdesk import clock, live_events
from helpdesk.database.types import affected_rows
from helpdesk.domain.outbox.channel import OutboundChannel
from helpdesk.domain.outbox.claim import DeliveryClaim
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryState
from helpdesk.models.thread import Thread

RETRY_DELAY = timedelta(seconds=2)  # deliveries that are due sooner are not changed


def retry_waiting(claim: DeliveryClaim) -> int:
    """Make the waiting deliveries of the claim's kind of channel due. Returns how many. Commits.

    Deliveries without a thread are not changed: each has a destination of its own. Rate-limited channels remain paused
    (Channel.paused_until, or in the channel itself).
    """
    now = clock.now()
    hold_off_end = func.coalesce(Delivery.lease_until, Delivery.due_at)
    in_hold_off = (Delivery.state == DeliveryState.unknown) & (hold_off_end > now)
    due_at = case((in_hold_off, hold_off_end), else_=now)
    waiting = (
        select(Delivery.id)
        .join(Delivery.thread)
        .join(Thread.channel)
        .where(
            Channel.kind == claim.channel.kind,
            Delivery.state.in_((DeliveryState.pending, DeliveryState.unknown)),
            Delivery.attempts > 0,
            Delivery.due_at > case((in_hold_off, hold_off_end), else_=now + RETRY_DELAY),
        )
        .order_by(Delivery.id)
        .with_for_update(of=Delivery, skip_locked=True)
    )
    changed = db.session.execute(
        update(Delivery)
        .where(Delivery.id.in_(waiting))
        .values(due_at=due_at)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return affected_rows(changed)


def unblock_channels(channel_id: int, channel: OutboundChannel[Any], reason: str) -> None:
    """Unblock a channel that works again; all of its kind if ``reason`` concerned the whole installation."""
    repaired = Channel.id == channel_id
    if channel.is_installation_error(reason):
        repaired = (Channel.kind == channel.kind) & (Channel.blocked_reason == reason)
    locked = select(Channel.id).where(repaired).order_by(Channel.id).with_for_update(of=Channel)
    db.session.execute(
        update(Channel)
        .where(Channel.id.in_(locked))
        .values(blocked_reason=None, blocked_at=None)
        .execution_options(synchronize_session=False)
    )
    live_events.publish_after_commit("desk")
