"""How one delivery is made: claimed, sent with nothing held, and written down. Order and exactly-once live here.

The rules, each learnt from a measurement: only the first unfinished row
of a thread's lane may be claimed; "sending" is committed before the call; what may have been stored is looked for, after a
hold-off, before it is sent again; nobody posts on a lease that is about to end.
"""

import logging
import time
from datetime import timedelta

from sqlalchemy import select, update

from helpdesk import after_commit, clock, config, extensions
from helpdesk.channels import email, errors, slack, webhook
from helpdesk.domain.outbox import delivery_claims, lease, mark_sent, results
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryState

TIME_SLICE_SECONDS = 1.0  # seconds after which a worker asks what else there is to do, before it goes on with a lane
MIN_LEASE_FRACTION = 1 / 3  # of the lease: nobody begins a call with less than this left
CHANNELS = {"slack": slack, "email": email, "webhook": webhook}

log = logging.getLogger(__name__)
_notifier = after_commit.Reminder("deliver")


def deliver_one(delivery_id: int) -> bool:
    """Make the delivery with this id if it is first in its lane, due and free. True if it was sent. Commits."""
    is_sent, behind = _attempt_delivery(delivery_id)
    _wake_for(behind)
    return is_sent


def deliver_thread(delivery_id: int) -> None:
    """Make the delivery with this id, then those behind it, one after another as if each had been rung for. Commits each."""
    until, behind = time.monotonic() + TIME_SLICE_SECONDS, delivery_id
    while behind is not None and time.monotonic() < until:
        _, behind = _attempt_delivery(behind)
    _wake_for(behind)


def _attempt_delivery(delivery_id: int) -> tuple[bool, int | None]:
    """Whether it was sent, and who waits behind it in its lane with nobody having rung."""
    claim = delivery_claims.claim_delivery(delivery_id)
    if claim is None:
        return False, None
    channel = CHANNELS[claim.kind]
    try:
        sent = channel.find(claim.post) if claim.maybe_since else None
        if sent is None:
            if clock.now() > claim.lease_until - lease.lease_duration() * MIN_LEASE_FRACTION:
                raise errors.UnknownOutcomeError("The worker was held up; looking before trying again.")
            sent = channel.send(claim.post)
    except errors.ChannelError as error:
        results.mark_failed(claim, error)
        return False, None
    except Exception:
        log.exception("Delivery %s ended in a way nobody foresaw", claim.id)
        results.mark_failed(claim, errors.UnknownOutcomeError("Something unforeseen happened while sending."))
        return False, None
    return True, mark_sent.mark_sent(claim, sent)


def _wake_for(delivery_id: int | None) -> None:
    if delivery_id is not None:
        after_commit.ring([("deliver", delivery_id)])


def sweep() -> int:
    """Find every row that is due and first in its lane, and wake those that may have no doorbell; expired leases become unknown
    first. Returns how many were woken. Commits."""
    now = clock.now()
    expired = (Delivery.state == DeliveryState.sending) & (Delivery.lease_until < now)
    with extensions.reading():
        somebody_died = db.session.scalar(select(Delivery.id).where(expired).limit(1))
        due = db.session.execute(delivery_claims.DUE_QUERY, {"now": now}).all()
    if somebody_died:
        _mark_unknown(expired)
    postponed = {id for id, due_at, created_at in due if due_at > created_at + after_commit.AT_THE_SAME_TIME}
    return len(_notifier.ring([id for id, _, _ in due], postponed))


def _mark_unknown(expired) -> None:
    """Whoever was sending these is gone: nobody knows whether they were stored."""
    db.session.execute(
        update(Delivery)
        .where(expired)
        .values(
            state=DeliveryState.unknown,
            maybe_since=db.func.coalesce(Delivery.maybe_since, Delivery.started_at),
            due_at=clock.now() + timedelta(seconds=config.current().DELIVERY_HOLD_OFF),
            reason="The worker ended while sending; looking before trying again.",
        )
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
