"""Claim and render a delivery.

Only the first unfinished row of a thread and queue key may be claimed. One statement checks this and claims the row, so
that two workers cannot both succeed.
"""

import logging
import os
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Update, bindparam, exists, literal_column, or_, select, update
from sqlalchemy.orm import joinedload

from helpdesk import clock, config, storage
from helpdesk.database import errors as database_errors
from helpdesk.database import transactions
from helpdesk.database.types import affected_rows
from helpdesk.domain.outbox import registry, results, withdrawal
from helpdesk.domain.outbox.channel import OutboundChannel, OutboundRequest
from helpdesk.domain.outbox.errors import RetryLater, SkipDelivery
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.storage import StorageUnavailable

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DeliveryClaim:
    """A claimed row as plain values, valid until ``lease_until``: no row is locked during the external call.

    ``skipped``: why it must not be sent; an earlier attempt is only looked for.
    """

    id: int
    thread_id: int | None
    message_id: int | None
    owner: str
    channel: OutboundChannel[Any]
    started_at: datetime
    lease_until: datetime
    possibly_sent_since: datetime | None
    request: OutboundRequest[Any]
    data: dict[str, Any]
    skipped: SkipDelivery | None = None


# Errors while rendering that say nothing about the delivery: the database or the file store did not answer.
OUTAGES = (*database_errors.UNAVAILABLE_ERRORS, StorageUnavailable)


def _literals(values: Iterable[str]) -> list[ColumnElement[str]]:
    return [literal_column(f"'{value}'") for value in values]


CLAIMABLE_STATES = _literals((DeliveryState.pending, DeliveryState.unknown))
WAITING_FOR_PEOPLE_STATES = _literals((DeliveryState.failed, DeliveryState.on_hold))
# What is taken back does not wait for a pause: it stands where it should not.
REMOVAL_KINDS = _literals((DeliveryKind.delete, DeliveryKind.delete_file))
CONVERSATION_KINDS = _literals(withdrawal.CONVERSATION_KINDS)
deliveries, threads, channels = Delivery.__table__, Thread.__table__, Channel.__table__


def _is_claimable() -> ColumnElement[bool]:
    """Return the condition that a row may be claimed, for a statement with the parameters of ``condition_values``.

    What was moved below a new card waits for what was on its way to the former one, which may follow it there.
    """
    row, earlier = deliveries.c, deliveries.alias().c
    now = bindparam("now", type_=row.due_at.type)
    is_blocked = exists().where(
        earlier.thread_id == row.thread_id,
        earlier.queue_key == row.queue_key,
        earlier.id < row.id,
        earlier.state.not_in(results.FINISHED_STATES),
    )
    thread_must_wait = exists().where(
        threads.c.id == row.thread_id,
        threads.c.channel_id == channels.c.id,
        or_(
            (channels.c.paused_until > now) & row.kind.not_in(REMOVAL_KINDS),
            (row.kind != DeliveryKind.card)
            & channels.c.kind.in_(bindparam("kinds_with_root", expanding=True))
            & threads.c.external_id.is_(None),
        ),
    )
    own, former, left = threads.alias().c, threads.alias().c, deliveries.alias().c
    is_behind_former = exists().where(
        own.id == row.thread_id,
        former.ticket_id == own.ticket_id,
        former.channel_id == own.channel_id,
        former.ended_at.is_not(None),
        former.user_id.is_(None),
        left.thread_id == former.id,
        left.queue_key == row.queue_key,
        left.id < row.id,
        left.kind.in_(CONVERSATION_KINDS),
        left.state.not_in(results.FINISHED_STATES),
        left.state.not_in(WAITING_FOR_PEOPLE_STATES),
    )
    return (
        row.state.in_(CLAIMABLE_STATES)
        & (row.due_at <= now)
        & or_(row.thread_id.is_(None), ~is_blocked & ~thread_must_wait & ~is_behind_former)
    )


def due_statement(condition: ColumnElement[bool]) -> Select[tuple[int]]:
    """Return a query for the ids of the rows that meet ``condition``, the longest due first."""
    return select(deliveries.c.id).where(condition).order_by(deliveries.c.due_at).limit(bindparam("limit"))


def claimable_statement(condition: ColumnElement[bool]) -> Select[tuple[int]]:
    """Return a query that finds the row ``claimed`` if it meets ``condition``."""
    return select(deliveries.c.id).where(deliveries.c.id == bindparam("claimed"), condition)


def claim_statement(condition: ColumnElement[bool]) -> Update:
    """Return a statement that claims the row ``claimed`` if it meets ``condition``.

    PostgreSQL waits for whoever has locked the row and then asks the condition again, of the row as it is now but of
    all others as they were (READ COMMITTED): of a row that was moved to another thread meanwhile it cannot know whether
    it is its turn there.
    """
    seen = deliveries.alias()
    seen_thread = select(seen.c.thread_id).where(seen.c.id == bindparam("claimed")).scalar_subquery()
    condition &= deliveries.c.thread_id.is_not_distinct_from(seen_thread)
    values = {
        "state": DeliveryState.sending,
        "started_at": bindparam("now"),
        "lease_until": bindparam("until"),
        "lease_owner": bindparam("owner"),
        "attempts": deliveries.c.attempts + 1,
    }
    return update(deliveries).where(deliveries.c.id == bindparam("claimed"), condition).values(values)


# Built once, from plain tables: building these for every delivery costs more than executing them, as do ORM objects.
DUE_QUERY = due_statement(_is_claimable())
DUE_URGENT_QUERY = DUE_QUERY.where(
    deliveries.c.thread_id.is_(None), deliveries.c.kind.in_(bindparam("urgent_kinds", expanding=True))
)
CLAIMABLE_QUERY = claimable_statement(_is_claimable())
CLAIM_STATEMENT = claim_statement(_is_claimable())
DELIVERY_QUERY = (
    select(Delivery)
    .where(Delivery.id == bindparam("claimed"))
    .options(
        joinedload(Delivery.message).joinedload(Message.author),
        joinedload(Delivery.thread).options(
            joinedload(Thread.user),
            joinedload(Thread.ticket).options(
                joinedload(Ticket.organization), joinedload(Ticket.requester), joinedload(Ticket.assignee)
            ),
        ),
    )
)


def condition_values(now: datetime) -> dict[str, Any]:
    """Return the parameters of every statement that checks whether a row may be claimed."""
    return {"now": now, "kinds_with_root": registry.list_kinds_with_root()}


def list_due(statement: Select[tuple[int]], limit: int) -> list[int]:
    """Return the ids that ``statement`` (DUE_QUERY or DUE_URGENT_QUERY) finds now."""
    values = condition_values(clock.now()) | {"limit": limit}
    if statement is DUE_URGENT_QUERY:
        values["urgent_kinds"] = registry.list_urgent_kinds()
    with transactions.read_only():
        return list(db.session.scalars(statement, values))


def lease_duration() -> timedelta:
    """How long a claim is valid; by default longer than a job may run (jobs.JOB_TIMEOUT)."""
    return timedelta(seconds=config.current().DELIVERY_LEASE)


def claim_delivery(delivery_id: int) -> DeliveryClaim | None:
    """Claim the row and render it; None if it cannot be claimed or need not be sent now. Commits.

    The state "sending" is committed first; nothing is locked while the delivery is rendered.
    """
    now = clock.now()
    owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(6)}"
    asked = condition_values(now) | {"claimed": delivery_id}
    if config.current().is_sqlite:
        with transactions.read_only():  # jobs without work must not wait for SQLite's one write lock
            if db.session.scalar(CLAIMABLE_QUERY, asked) is None:
                return None
    until = now + lease_duration()
    try:
        with transactions.one_statement():
            claimed = transactions.execute_core(CLAIM_STATEMENT, asked | {"until": until, "owner": owner})
            db.session.commit()
        if affected_rows(claimed) != 1:
            return None
        claim, written, new_address = storage.read_between_transactions(
            lambda: _render_claim(delivery_id, owner, now, until)
        )
    except (SkipDelivery, RetryLater) as reason:
        results.postpone_or_skip(delivery_id, owner, reason)
        return None
    except OUTAGES as error:
        if database_errors.is_read_only_error(error):
            raise
        # The claim may have been committed. Nothing was sent, so it need not wait for the end of its lease.
        database_errors.report_outage(log, error, "a delivery, which is rendered again")
        database_errors.keep_trying(lambda: results.return_claim(delivery_id, owner))
        return None
    except Exception:
        log.exception("Delivery %s could not be rendered", delivery_id)
        results.mark_render_failed(delivery_id, owner)
        return None
    if written and not _save_content(claim, written, new_address):
        return None
    db.session.remove()
    return claim


def _render_claim(
    delivery_id: int, owner: str, now: datetime, until: datetime
) -> tuple[DeliveryClaim, dict[str, Any] | None, dict[str, Any] | None]:
    """Render the claimed row in a read-only transaction.

    Returns the claim, and what rendering changed: values of the row, and of its thread. Raises SkipDelivery, RetryLater
    and whatever a channel's rendering raises.
    """
    with transactions.read_only(), db.session.no_autoflush:
        delivery = db.session.scalars(DELIVERY_QUERY, {"claimed": delivery_id}).one()
        channel = registry.channel_for(delivery)
        skipped = None
        try:
            if reason := withdrawal.reason_not_to_send(delivery):
                raise SkipDelivery(reason)
            content = channel.render(delivery)
        except SkipDelivery as skip:
            content = channel.render_look_up(delivery) if delivery.possibly_sent_since else None
            if content is None:
                raise
            skipped = skip
        request = OutboundRequest(delivery.key, content, delivery.possibly_sent_since)
        claim = DeliveryClaim(
            delivery_id,
            delivery.thread_id,
            delivery.message_id,
            owner,
            channel,
            now,
            until,
            delivery.possibly_sent_since,
            request,
            delivery.data,
            skipped,
        )
        written = {"content": delivery.content, "data": delivery.data} if delivery in db.session.dirty else None
        thread = delivery.thread if delivery.thread in db.session.dirty else None
        new_address = {"nonce": thread.nonce, "token_hash": thread.token_hash} if thread else None
        return claim, written, new_address


def _save_content(claim: DeliveryClaim, written: dict[str, Any], new_address: dict[str, Any] | None) -> bool:
    """Store rendered content before it is sent, and its new reply address.

    False if the claim is no longer valid, or if the thread has ended since: what was rendered may contain what its
    reader must not read.
    """
    is_open = exists().where(threads.c.id == claim.thread_id, threads.c.ended_at.is_(None))
    stored = db.session.execute(
        update(Delivery)
        .where(
            Delivery.id == claim.id,
            Delivery.lease_owner == claim.owner,
            Delivery.state == DeliveryState.sending,
            Delivery.thread_id.is_(None) | is_open,
        )
        .values(written)
        .execution_options(synchronize_session=False)
    )
    is_ours = affected_rows(stored) == 1
    if new_address and is_ours:
        renewed = update(Thread).where(Thread.id == claim.thread_id).values(new_address)
        db.session.execute(renewed.execution_options(synchronize_session=False))
    db.session.commit()
    if not is_ours:
        results.postpone_or_skip(claim.id, claim.owner, SkipDelivery(withdrawal.ENDED))
    return is_ours
