"""After trouble: the first delivery that gets through calls the others that waited for a later try.

Each row waits longer after every failure, up to fifteen minutes. Once its channel works again, nobody should wait that
long: whatever waits for the same kind of channel becomes due, except what must not be looked for before its hold-off
has passed.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import case, select, update

from helpdesk import clock, live_events
from helpdesk.domain.outbox.channel import OutboundChannel
from helpdesk.domain.outbox.claim import DeliveryClaim
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryState
from helpdesk.models.thread import Thread

RETRY_DELAY = timedelta(seconds=2)  # what is due within it need not be called


def retry_waiting(claim: DeliveryClaim) -> int:
    """Make due what waits behind ``claim``'s kind of channel, which just worked. Returns how many rows. Commits.

    What belongs to no thread is left alone: of its destinations each is its own. A channel that was asked to wait stays
    paused (Channel.paused_until).
    """
    now = clock.now()
    hold_off = claim.channel.hold_off()
    may_still_land = (Delivery.state == DeliveryState.unknown) & (Delivery.started_at > now - hold_off)
    due_at = case((may_still_land, now + hold_off), else_=now)
    waiting = (
        select(Delivery.id)
        .join(Delivery.thread)
        .join(Thread.channel)
        .where(
            Channel.kind == claim.channel.kind,
            Delivery.state.in_((DeliveryState.pending, DeliveryState.unknown)),
            Delivery.attempts > 0,
            Delivery.due_at > case((may_still_land, now + hold_off), else_=now + RETRY_DELAY),
        )
        .with_for_update(of=Delivery, skip_locked=True)
    )
    called = db.session.execute(
        update(Delivery)
        .where(Delivery.id.in_(waiting))
        .values(due_at=due_at)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return called.rowcount


def unblock_channels(channel_id: int, channel: OutboundChannel[Any], reason: str) -> None:
    """One thing got through, so the channel works; so do all of its kind if what was wrong, ``reason``, was wrong with
    the whole installation."""
    repaired = Channel.id == channel_id
    if channel.is_installation_error(reason):
        repaired = (Channel.kind == channel.kind) & (Channel.blocked_reason == reason)
    db.session.execute(
        update(Channel)
        .where(repaired)
        .values(blocked_reason=None, blocked_at=None)
        .execution_options(synchronize_session=False)
    )
    live_events.publish_after_commit("desk")
