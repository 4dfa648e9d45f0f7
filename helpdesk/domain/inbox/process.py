"""Process stored events, each exactly once.

``process_event`` commits: it claims one row, fetches what it needs from the external service without an open
transaction, then applies the event and marks the row as done in one transaction. After a crash at any point the row is
processed again.
"""

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, func, select, tuple_, update

from helpdesk import clock, config, jobs
from helpdesk.database import errors as database_errors
from helpdesk.database import transactions
from helpdesk.domain.errors import ChangedMeanwhile, DomainError
from helpdesk.domain.inbox import contents
from helpdesk.domain.inbox.channel import TwoWayChannel, get_two_way_channel
from helpdesk.domain.outbox.channel import OutboundRequest
from helpdesk.domain.outbox.errors import ChannelError, TemporaryError
from helpdesk.domain.people import reader_language
from helpdesk.extensions import db
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.translation import gettext

RETRY_DELAYS_SECONDS = (1, 5, 15, 30, 30, 60, 60, 120, 300, 900)  # before the next attempt, by attempts made
ERROR_DELAYS_SECONDS = (1, 2, 5, 30, 60, 120, 300, 900)  # the same after errors of our own, by their number
MAX_BLOCKING_ERRORS = 3  # an event that failed so often by errors of our own lets later ones of its key pass
MAX_ERRORS = 20  # after which it fails
OUTAGE_TIMEOUT = timedelta(hours=48)  # while the external service fails; later events of the ordering key wait
MAX_OUTAGE_DELAY_SECONDS = 60  # between two attempts during an outage

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class InboundClaim:
    """A claimed row as plain values, valid until its lease ends; ``attempt`` distinguishes it from later claims."""

    id: int
    source: str
    payload: dict[str, Any]
    raw: bytes | None
    attempt: int


rows = InboundEvent.__table__


def _is_claimable() -> ColumnElement[bool]:
    """Return the condition that a row may be claimed, for a statement with the parameter ``now``."""
    row, earlier = rows.c, rows.alias().c
    is_earlier = tuple_(func.coalesce(earlier.position, ""), earlier.id) < tuple_(
        func.coalesce(row.position, ""), row.id
    )
    is_blocked = exists().where(
        earlier.ordering_key == row.ordering_key,
        is_earlier,
        earlier.state.in_(("waiting", "working")),
        earlier.errors < MAX_BLOCKING_ERRORS,
    )
    return (row.state == "waiting") & (row.due_at <= bindparam("now", type_=row.due_at.type)) & ~is_blocked


# Built once, from plain tables: building these for every row costs more than executing them.
DUE_QUERY = select(rows.c.id).where(_is_claimable()).order_by(rows.c.id).limit(bindparam("limit"))
CLAIMABLE_QUERY = select(rows.c.id).where(rows.c.id == bindparam("claimed"), _is_claimable())
CLAIM_STATEMENT = (
    update(rows)
    .where(rows.c.id == bindparam("claimed"), _is_claimable())
    .values(state="working", lease_until=bindparam("until"), attempts=rows.c.attempts + 1)
    .returning(rows.c.source, rows.c.payload, rows.c.raw, rows.c.attempts, rows.c.content_key)
)
LOCK_CLAIMED_QUERY = select(InboundEvent).where(InboundEvent.id == bindparam("claimed")).with_for_update()
NEXT_IN_ORDER_QUERY = (
    select(rows.c.id)
    .where(rows.c.ordering_key == bindparam("ordering_key"), rows.c.state == "waiting")
    .order_by(func.coalesce(rows.c.position, ""), rows.c.id)
    .limit(1)
)


def process_event(inbound_id: int) -> bool:
    """Process the event with this id if it is due and not claimed. True if it was processed. Commits."""
    with reader_language.use_team_language():
        return _process_event(inbound_id)


def _process_event(inbound_id: int) -> bool:
    claim = _claim_event(inbound_id)
    if claim is None:
        return False
    try:
        channel = get_two_way_channel(claim.source)
        context = channel.fetch_context(claim.payload, claim.raw)
        answers = database_errors.keep_trying(lambda: _apply_event(claim, channel, context))
    except ChannelError as error:
        _wait_for_outage(claim, error)
        return False
    except database_errors.UNAVAILABLE_ERRORS:
        database_errors.keep_trying(lambda: _wait_for_database(claim))
        return False
    except Exception:
        log.exception("Inbound %s could not be understood", inbound_id)
        db.session.rollback()
        _retry_later(claim, gettext("This could not be understood; the log has the details."))
        return False
    for answer in answers:
        try:
            channel.send(answer)
        except ChannelError as error:
            log.info("An answer to an event of %s was not taken: %s", claim.source, error.reason)
    return True


def list_due(limit: int) -> list[int]:
    """Ids of stored events that are due and the first of their ordering key, in order of arrival."""
    with transactions.read_only():
        return list(db.session.scalars(DUE_QUERY, {"now": clock.now(), "limit": limit}))


def release_expired_leases() -> None:
    """Make events whose worker has ended wait again. Commits."""
    expired = (InboundEvent.state == "working") & (InboundEvent.lease_until < clock.now())
    with transactions.read_only():
        has_expired = db.session.scalar(select(InboundEvent.id).where(expired).limit(1))
    if has_expired:
        db.session.execute(
            update(InboundEvent).where(expired).values(state="waiting").execution_options(synchronize_session=False)
        )
        db.session.commit()


def _claim_event(inbound_id: int) -> InboundClaim | None:
    now = clock.now()
    if config.current().is_sqlite:
        with transactions.read_only():  # jobs without work must not wait for SQLite's one write lock
            if db.session.scalar(CLAIMABLE_QUERY, {"claimed": inbound_id, "now": now}) is None:
                return None
    until = now + timedelta(seconds=config.current().DELIVERY_LEASE)
    claimed = db.session.execute(CLAIM_STATEMENT, {"claimed": inbound_id, "now": now, "until": until}).one_or_none()
    db.session.commit()
    if claimed is None:
        return None
    *values, content_key = claimed
    claim = InboundClaim(inbound_id, *values)
    if content_key is None:
        return claim
    with transactions.read_only():
        return replace(claim, raw=contents.load_parts(content_key))


def _lock_claimed(claim: InboundClaim) -> InboundEvent | None:
    """Lock the row; None if another worker has claimed it since. Each claim increases ``attempts``."""
    inbound = db.session.scalar(LOCK_CLAIMED_QUERY, {"claimed": claim.id})
    if inbound is not None and inbound.state == "working" and inbound.attempts == claim.attempt:
        return inbound
    db.session.rollback()
    return None


def _apply_event(claim: InboundClaim, channel: TwoWayChannel[Any, Any], context: Any) -> list[OutboundRequest[Any]]:
    """Apply the event and mark it as done in one transaction. Returns the answers to send afterwards."""
    inbound = _lock_claimed(claim)
    if inbound is None:
        return []
    try:
        with db.session.begin_nested():
            result = channel.apply(inbound, context)
        inbound.state, inbound.result, inbound.ticket_id = result.state, result.status_text, result.ticket_id
        answers = result.answers
    except ChangedMeanwhile as error:
        raise TemporaryError(error.message) from error
    except DomainError as refusal:
        inbound.state, inbound.result = "ignored", refusal.message
        answers = channel.on_refused(context, refusal)
    _finish(inbound)
    db.session.commit()
    return answers


def _finish(inbound: InboundEvent) -> None:
    inbound.finished_at = clock.now()
    inbound.lease_until = None
    _wake_next(inbound)


def _wake_next(inbound: InboundEvent) -> None:
    """Wake a worker for what waited behind this event."""
    if inbound.ordering_key:
        db.session.flush()
        next_id = db.session.scalar(NEXT_IN_ORDER_QUERY, {"ordering_key": inbound.ordering_key})
        if next_id:
            jobs.enqueue_after_commit("receive", next_id)


def _wait_for_outage(claim: InboundClaim, error: ChannelError) -> None:
    """Retry later: the external service failed; the event fails after OUTAGE_TIMEOUT."""
    inbound = _reset_to_waiting(claim, error.reason)
    if inbound is None:
        return
    inbound.due_at = clock.now() + timedelta(seconds=min(_retry_delay(inbound), MAX_OUTAGE_DELAY_SECONDS))
    if clock.now() - inbound.received_at > OUTAGE_TIMEOUT:
        inbound.state = "failed"
        _finish(inbound)
    db.session.commit()


def _retry_later(claim: InboundClaim, reason: str) -> None:
    """Retry after an error of ours; from MAX_BLOCKING_ERRORS on, later events of its key go first."""
    inbound = _reset_to_waiting(claim, reason)
    if inbound is None:
        return
    inbound.errors += 1
    delay = ERROR_DELAYS_SECONDS[min(inbound.errors, len(ERROR_DELAYS_SECONDS)) - 1]
    inbound.due_at = clock.now() + timedelta(seconds=delay)
    if inbound.errors >= MAX_ERRORS:
        inbound.state = "failed"
        _finish(inbound)
    elif inbound.errors >= MAX_BLOCKING_ERRORS:
        _wake_next(inbound)
    db.session.commit()


def _wait_for_database(claim: InboundClaim) -> None:
    """Retry as soon as the database answers; this was no attempt at the event."""
    inbound = _reset_to_waiting(claim, gettext("The database did not answer."))
    if inbound is not None:
        inbound.due_at = clock.now() + timedelta(seconds=1)
        db.session.commit()


def _reset_to_waiting(claim: InboundClaim, reason: str) -> InboundEvent | None:
    """Make the row wait again with ``reason``; None if another worker has claimed it since."""
    db.session.rollback()
    inbound = _lock_claimed(claim)
    if inbound is not None:
        inbound.state, inbound.result, inbound.lease_until = "waiting", reason, None
    return inbound


def _retry_delay(inbound: InboundEvent) -> int:
    return RETRY_DELAYS_SECONDS[min(inbound.attempts, len(RETRY_DELAYS_SECONDS)) - 1]
