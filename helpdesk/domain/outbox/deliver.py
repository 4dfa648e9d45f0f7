"""Send deliveries, in order and exactly once: claim one, send it without an open transaction, record the result.

Only the first unfinished row of a thread and queue key may be claimed. The state "sending" is committed before the
call. A delivery with an unknown result is looked up, after a hold-off, before it is sent again. No call begins on a
lease that is about to end.
"""

import logging
import time
from datetime import timedelta

from sqlalchemy import ColumnElement, select, update

from helpdesk import clock, config, counters, jobs, outage_log
from helpdesk.database import errors as database_errors
from helpdesk.database import transactions
from helpdesk.domain.outbox import claim as claims
from helpdesk.domain.outbox import errors, failover, look_up_counts, mark_sent, results
from helpdesk.domain.people import reader_language
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryState
from helpdesk.translation import N_, gettext

TIME_SLICE_SECONDS = 1.0  # after which a worker takes the next job, before it goes on with a long queue
MIN_LEASE_FRACTION = 1 / 3  # of the lease: no call begins with less than this left


class _NotTriedError(errors.UnknownOutcomeError):
    """Nothing was asked of the channel this time; what an earlier attempt did is not known."""


RESULTS = {
    _NotTriedError: "unknown",
    errors.TemporaryError: "temporary",
    errors.PermanentError: "permanent",
    errors.ChannelBlockedError: "blocked",
    errors.UnknownOutcomeError: "unknown",
}  # as /metrics names them

OUTAGE = "Deliveries by {} do not leave"

log = logging.getLogger(__name__)


def deliver_one(delivery_id: int) -> bool:
    """Send the delivery with this id if it is first in its queue, due and not claimed. True if it was sent. Commits."""
    with reader_language.use_team_language():
        is_sent, next_id = _attempt_delivery(delivery_id)
    _wake_for(next_id)
    return is_sent


def deliver_thread(delivery_id: int) -> int | None:
    """Send the delivery with this id, then those that wait behind it, for TIME_SLICE_SECONDS. Commits after each.

    Returns the id of the one that waits then, if any.
    """
    until = time.monotonic() + TIME_SLICE_SECONDS
    next_id: int | None = delivery_id
    with reader_language.use_team_language():
        while next_id is not None and time.monotonic() < until:
            _, next_id = _attempt_delivery(next_id)
    return next_id


def _attempt_delivery(delivery_id: int) -> tuple[bool, int | None]:
    """Try to send one delivery. Returns whether it was sent, and the id of the next in its queue, if any."""
    failover.look_first_after_failover()
    claim = claims.claim_delivery(delivery_id)
    if claim is None:
        return False, None
    try:
        if failover.has_moved():
            raise _NotTriedError(gettext("Another database server has taken over; looking before sending."))
        sent = claim.channel.find(claim.request) if claim.possibly_sent_since else None
        if claim.possibly_sent_since and claim.channel.removes_copies:
            look_up_counts.add_to_count("found" if sent else "absent")
        if sent is None and claim.skipped is not None:
            results.postpone_or_skip(claim.id, claim.owner, claim.skipped, is_absent=True)
            return False, None
        if sent is None:
            if clock.now() > claim.lease_until - claims.lease_duration() * MIN_LEASE_FRACTION:
                raise _NotTriedError(gettext("The worker was held up; looking before trying again."))
            sent = claim.channel.send(claim.request)
    except errors.ChannelError as error:
        counters.count_delivery(claim.channel.kind, RESULTS.get(type(error), "error"))
        _report_outage(claim.channel.kind, error)
        _record_failure(claim, error)
        return False, None
    except Exception:
        log.exception("Delivery %s ended with an unexpected error", claim.id)
        counters.count_delivery(claim.channel.kind, "error")
        _record_failure(claim, errors.UnknownOutcomeError(gettext("Something unforeseen happened while sending.")))
        return False, None
    counters.count_delivery(claim.channel.kind, "sent")
    outage_log.note_recovery(log, OUTAGE.format(claim.channel.kind))
    return True, database_errors.keep_trying(lambda: mark_sent.mark_sent(claim, sent))


def _report_outage(kind: str, error: errors.ChannelError) -> None:
    """Write one line in half a minute while a service takes nothing. A named time to wait is its ordinary answer."""
    is_ours = isinstance(error, errors.PermanentError | _NotTriedError)
    is_ordinary = is_ours or getattr(error, "retry_after", None) is not None
    if not is_ordinary:
        outage_log.report(log, OUTAGE.format(kind), error.reason)


def _record_failure(claim: claims.DeliveryClaim, error: errors.ChannelError) -> None:
    """Record a failed attempt; while the database does not answer, for PATIENCE_SECONDS before the lease decides."""
    database_errors.keep_trying(lambda: results.mark_failed(claim, error))


def _wake_for(delivery_id: int | None) -> None:
    if delivery_id is not None:
        jobs.wake_workers([("deliver", delivery_id)])


def list_due(limit: int) -> list[int]:
    """Ids of deliveries that are due and first in their queue, the longest due first."""
    return claims.list_due(claims.DUE_QUERY, limit)


def list_due_urgent(limit: int) -> list[int]:
    """Those of ``list_due`` that a person is waiting for: mails that belong to no ticket, above all sign-in links."""
    return claims.list_due(claims.DUE_URGENT_QUERY, limit)


def release_expired_leases() -> None:
    """Make deliveries whose worker ended while sending ``unknown``. Commits."""
    expired = (Delivery.state == DeliveryState.sending) & (Delivery.lease_until < clock.now())
    with transactions.read_only():
        has_expired = db.session.scalar(select(Delivery.id).where(expired).limit(1))
    if has_expired:
        _mark_unknown(expired)


def _mark_unknown(expired: ColumnElement[bool]) -> None:
    """Set the state of deliveries whose worker has ended, so that the result is unknown."""
    looked_for_at = clock.now() + timedelta(seconds=config.current().DELIVERY_HOLD_OFF)
    rows = select(Delivery.id).where(expired).order_by(Delivery.id).with_for_update(of=Delivery, skip_locked=True)
    db.session.execute(
        update(Delivery)
        .where(Delivery.id.in_(rows))
        .values(
            state=DeliveryState.unknown,
            possibly_sent_since=db.func.coalesce(Delivery.possibly_sent_since, Delivery.started_at),
            due_at=looked_for_at,
            lease_until=looked_for_at,
            reason=N_("The worker ended while sending; looking before trying again."),
        )
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
