"""How one delivery is made: claimed, sent with nothing held, and written down. Order and exactly-once live here.

The rules, each learnt from a measurement: only the first unfinished row of a thread's lane may be claimed; "sending" is
committed before the call; what may have been stored is looked for, after a hold-off, before it is sent again; nobody
posts on a lease that is about to end.
"""

import logging
import time
from datetime import timedelta

from sqlalchemy import ColumnElement, select, update

from helpdesk import clock, config, jobs
from helpdesk.database import transactions
from helpdesk.domain.outbox import claim as claims
from helpdesk.domain.outbox import errors, mark_sent, results
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryState

TIME_SLICE_SECONDS = 1.0  # seconds after which a worker asks what else there is to do, before it goes on with a lane
MIN_LEASE_FRACTION = 1 / 3  # of the lease: nobody begins a call with less than this left

log = logging.getLogger(__name__)


def deliver_one(delivery_id: int) -> bool:
    """Make the delivery with this id if it is first in its lane, due and free. True if it was sent. Commits."""
    is_sent, behind = _attempt_delivery(delivery_id)
    _wake_for(behind)
    return is_sent


def deliver_thread(delivery_id: int) -> None:
    """Make the delivery with this id, then those behind it, one after another as if each had been rung for. Commits
    each."""
    until = time.monotonic() + TIME_SLICE_SECONDS
    behind: int | None = delivery_id
    while behind is not None and time.monotonic() < until:
        _, behind = _attempt_delivery(behind)
    _wake_for(behind)


def _attempt_delivery(delivery_id: int) -> tuple[bool, int | None]:
    """Whether it was sent, and who waits behind it in its lane with nobody having rung."""
    claim = claims.claim_delivery(delivery_id)
    if claim is None:
        return False, None
    try:
        sent = claim.channel.find(claim.request) if claim.possibly_sent_since else None
        if sent is None:
            if clock.now() > claim.lease_until - claims.lease_duration() * MIN_LEASE_FRACTION:
                raise errors.UnknownOutcomeError("The worker was held up; looking before trying again.")
            sent = claim.channel.send(claim.request)
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
        jobs.wake_workers([("deliver", delivery_id)])


def list_due(limit: int) -> list[int]:
    """Ids of deliveries that are due and first in their lane, the longest due first."""
    return claims.list_due(claims.DUE_QUERY, limit)


def list_due_urgent(limit: int) -> list[int]:
    """Those of ``list_due`` that somebody waits for: mails that belong to no ticket, above all sign-in links."""
    return claims.list_due(claims.DUE_URGENT_QUERY, limit)


def release_expired_leases() -> None:
    """What a worker that is gone was sending becomes unknown. Commits."""
    expired = (Delivery.state == DeliveryState.sending) & (Delivery.lease_until < clock.now())
    with transactions.read_only():
        somebody_died = db.session.scalar(select(Delivery.id).where(expired).limit(1))
    if somebody_died:
        _mark_unknown(expired)


def _mark_unknown(expired: ColumnElement[bool]) -> None:
    """Whoever was sending these is gone: nobody knows whether they were stored."""
    db.session.execute(
        update(Delivery)
        .where(expired)
        .values(
            state=DeliveryState.unknown,
            possibly_sent_since=db.func.coalesce(Delivery.possibly_sent_since, Delivery.started_at),
            due_at=clock.now() + timedelta(seconds=config.current().DELIVERY_HOLD_OFF),
            reason="The worker ended while sending; looking before trying again.",
        )
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
