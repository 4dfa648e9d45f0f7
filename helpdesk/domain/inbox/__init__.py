"""The inbox: what the outside sends is a row before it is understood, and is understood exactly once.

``accept`` writes it down inside a door's transaction. ``receive`` is a transaction boundary of its own: it claims one row,
asks the outside what it needs to know with nothing held, then does everything the thing means, and marks the row done, in
one transaction. A crash anywhere leaves it waiting.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk import clock, config, jobs
from helpdesk.channels import email, slack
from helpdesk.channels.email import handlers as email_handlers
from helpdesk.channels.errors import ChannelError
from helpdesk.channels.slack import handlers
from helpdesk.channels.slack.parse import echo_filter
from helpdesk.database import transactions
from helpdesk.domain.errors import DomainError
from helpdesk.extensions import db
from helpdesk.models.delivery import InboundEvent

RETRY_DELAYS_SECONDS = (1, 5, 15, 30, 30, 60, 60, 120, 300, 900)  # seconds before the next try, by tries made
MAX_ATTEMPTS = 20  # at what we fail to understand ourselves
OUTAGE_TIMEOUT = timedelta(hours=48)  # while Slack does not answer what we must know; the lane waits behind it
MAX_OUTAGE_DELAY_SECONDS = 60  # seconds between two tries

HANDLERS_BY_SOURCE = {"slack": handlers, "email": email_handlers}
CHANNELS = {"slack": slack, "email": email}
log = logging.getLogger(__name__)

validate_modal = handlers.validate_modal


@dataclass(frozen=True)
class InboundClaim:
    """A row that is ours, as plain values, until its lease ends; ``attempt`` tells this claim from later ones."""

    id: int
    source: str
    payload: dict
    raw: bytes | None
    attempt: int


rows = InboundEvent.__table__


def _is_claimable():
    """The condition, for a statement that is given ``now``."""
    row, earlier = rows.c, rows.alias().c
    waits_behind = exists().where(
        earlier.lane == row.lane, earlier.id < row.id, earlier.state.in_(("waiting", "working"))
    )
    return (row.state == "waiting") & (row.due_at <= bindparam("now", type_=row.due_at.type)) & ~waits_behind


# Made once, of plain tables: to build these again for every row costs more than to run them.
DUE_QUERY = select(rows.c.id).where(_is_claimable()).order_by(rows.c.id).limit(bindparam("limit"))
CLAIMABLE_QUERY = select(rows.c.id).where(rows.c.id == bindparam("claimed"), _is_claimable())
CLAIM_STATEMENT = (
    update(rows)
    .where(rows.c.id == bindparam("claimed"), _is_claimable())
    .values(state="working", lease_until=bindparam("until"), attempts=rows.c.attempts + 1)
    .returning(rows.c.source, rows.c.payload, rows.c.raw, rows.c.attempts)
)
LOCK_CLAIMED_QUERY = select(InboundEvent).where(InboundEvent.id == bindparam("claimed")).with_for_update()
NEXT_IN_ORDER_QUERY = select(db.func.min(rows.c.id)).where(rows.c.lane == bindparam("lane"), rows.c.state == "waiting")


def handle_slack_request(payload: dict) -> dict | None:
    """Take in one signed request of Slack's, or one that came by Socket Mode. Returns the answer to a form that will not do.

    A form that somebody asks for is opened at once; everything else is only written down. Commits.
    """
    mistakes = handlers.validate_modal(payload)
    if mistakes:
        return slack.blocks.modal_errors(mistakes)
    if handlers.open_requested_modal(payload):
        return None
    store_event("slack", slack.envelopes.payload_id(payload), payload)
    db.session.commit()
    return None


def store_event(source: str, external_id: str, payload: dict, raw: bytes | None = None) -> bool:
    """Write down what ``source`` sent; the same ``external_id`` again is nothing new, nor are our own posts. True if it was new."""
    if source == "slack" and echo_filter.is_echo(payload):
        return False
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    row = {
        "source": source,
        "external_id": external_id[:255],
        "lane": HANDLERS_BY_SOURCE[source].ordering_key(payload),
        "payload": payload,
        "raw": raw,
        "state": "waiting",
        "attempts": 0,
        "received_at": clock.now(),
        "due_at": clock.now(),
    }
    new = db.session.execute(
        dialect.insert(InboundEvent).values(row).on_conflict_do_nothing().returning(InboundEvent.id)
    ).scalar()
    if new is not None:
        jobs.enqueue_after_commit("receive", new)
    return new is not None


def process_event(inbound_id: int) -> bool:
    """Understand the row with this id if it is due and free. True if it was done. Commits."""
    claim = _claim_event(inbound_id)
    if claim is None:
        return False
    source = HANDLERS_BY_SOURCE[claim.source]
    try:
        understood = source.fetch_context(claim.payload, claim.raw)
        answers = _apply_event(claim, source, understood)
    except ChannelError as error:
        _wait_for_outage(claim, error)
        return False
    except Exception:
        log.exception("Inbound %s could not be understood", inbound_id)
        db.session.rollback()
        _retry_later(claim, "This could not be understood; the log has the details.")
        return False
    for answer in answers:
        try:
            slack.send(answer)
        except ChannelError as error:
            log.info("An answer to Slack was not taken: %s", error.reason)
    return True


def list_due(limit: int) -> list[int]:
    """Ids of inbound things that are due and first in their lane, in the order they came."""
    with transactions.read_only():
        return list(db.session.scalars(DUE_QUERY, {"now": clock.now(), "limit": limit}))


def release_expired_leases() -> None:
    """What a worker that is gone had taken waits again. Commits."""
    expired = (InboundEvent.state == "working") & (InboundEvent.lease_until < clock.now())
    with transactions.read_only():
        somebody_died = db.session.scalar(select(InboundEvent.id).where(expired).limit(1))
    if somebody_died:
        db.session.execute(
            update(InboundEvent).where(expired).values(state="waiting").execution_options(synchronize_session=False)
        )
        db.session.commit()


def _claim_event(inbound_id: int) -> InboundClaim | None:
    now = clock.now()
    if config.current().is_sqlite:
        with transactions.read_only():  # most rings that come to nothing must not wait for its one write lock
            if db.session.scalar(CLAIMABLE_QUERY, {"claimed": inbound_id, "now": now}) is None:
                return None
    until = now + timedelta(seconds=config.current().DELIVERY_LEASE)
    claimed = db.session.execute(CLAIM_STATEMENT, {"claimed": inbound_id, "now": now, "until": until}).one_or_none()
    db.session.commit()
    return InboundClaim(inbound_id, *claimed) if claimed is not None else None


def _lock_claimed(claim: InboundClaim) -> InboundEvent | None:
    """The row, locked, unless somebody else has taken it since: each taking raises ``attempts``."""
    inbound = db.session.scalar(LOCK_CLAIMED_QUERY, {"claimed": claim.id})
    if inbound is not None and inbound.state == "working" and inbound.attempts == claim.attempt:
        return inbound
    db.session.rollback()
    return None


def _apply_event(claim: InboundClaim, source, understood) -> list:
    """Everything the thing means, and that it is done, in one transaction. Returns what to answer afterwards."""
    inbound = _lock_claimed(claim)
    if inbound is None:
        return []
    try:
        with db.session.begin_nested():
            result = source.apply(inbound, understood)
        inbound.state, inbound.outcome, inbound.ticket_id = result.state, result.outcome, result.ticket_id
        answers = result.answers
    except DomainError as refusal:
        inbound.state, inbound.outcome = "ignored", refusal.sentence
        answers = source.on_refused(understood, refusal)
    _finish(inbound)
    db.session.commit()
    return answers


def _finish(inbound: InboundEvent) -> None:
    inbound.finished_at = clock.now()
    inbound.lease_until = None
    if inbound.lane:
        db.session.flush()
        next_id = db.session.scalar(NEXT_IN_ORDER_QUERY, {"lane": inbound.lane})
        if next_id:
            jobs.enqueue_after_commit("receive", next_id)


def _wait_for_outage(claim: InboundClaim, error: ChannelError) -> None:
    """The outside is out of order; that is no fault of the row, however often it is tried."""
    inbound = _reset_to_waiting(claim, error.reason)
    if inbound is None:
        return
    inbound.due_at = clock.now() + timedelta(seconds=min(_retry_delay(inbound), MAX_OUTAGE_DELAY_SECONDS))
    if clock.now() - inbound.received_at > OUTAGE_TIMEOUT:
        inbound.state = "failed"
        _finish(inbound)
    db.session.commit()


def _retry_later(claim: InboundClaim, reason: str) -> None:
    inbound = _reset_to_waiting(claim, reason)
    if inbound is None:
        return
    inbound.due_at = clock.now() + timedelta(seconds=_retry_delay(inbound))
    if inbound.attempts >= MAX_ATTEMPTS:
        inbound.state = "failed"
        _finish(inbound)
    db.session.commit()


def _reset_to_waiting(claim: InboundClaim, reason: str) -> InboundEvent | None:
    """The row, waiting again with ``reason``, unless somebody else has taken it since."""
    db.session.rollback()
    inbound = _lock_claimed(claim)
    if inbound is not None:
        inbound.state, inbound.outcome, inbound.lease_until = "waiting", reason, None
    return inbound


def _retry_delay(inbound: InboundEvent) -> int:
    return RETRY_DELAYS_SECONDS[min(inbound.attempts, len(RETRY_DELAYS_SECONDS)) - 1]
