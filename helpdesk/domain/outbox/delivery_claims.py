"""Taking a delivery: which may be taken now, and the taken one put into words.

Only the first unfinished row of a thread's lane may be; the conditions stand in one statement, so that two workers cannot
both be right.
"""

import logging
import os
import secrets
import socket

from sqlalchemy import ColumnElement, Select, Update, bindparam, exists, literal_column, or_, select, update
from sqlalchemy.orm import joinedload

from helpdesk import clock, config
from helpdesk.database import transactions
from helpdesk.domain.outbox import lease, render, results
from helpdesk.extensions import db
from helpdesk.models.channel import Channel, Thread
from helpdesk.models.delivery import Delivery, DeliveryState
from helpdesk.models.ticket import Message, Ticket

log = logging.getLogger(__name__)


CLAIMABLE_STATES = [literal_column(f"'{state}'") for state in (DeliveryState.pending, DeliveryState.unknown)]
deliveries, threads, channels = Delivery.__table__, Thread.__table__, Channel.__table__


def _is_claimable() -> ColumnElement[bool]:
    """The condition, for a statement that is given ``now``."""
    row, earlier = deliveries.c, deliveries.alias().c
    now = bindparam("now", type_=row.due_at.type)
    waits_behind = exists().where(
        earlier.thread_id == row.thread_id,
        earlier.lane == row.lane,
        earlier.id < row.id,
        earlier.state.not_in(results.FINISHED_STATES),
    )
    thread_is_closed_to_us = exists().where(
        threads.c.id == row.thread_id,
        threads.c.channel_id == channels.c.id,
        or_(
            channels.c.paused_until > now,
            (row.kind != "card") & (channels.c.kind == "slack") & threads.c.external_id.is_(None),
        ),
    )
    return (
        row.state.in_(CLAIMABLE_STATES)
        & (row.due_at <= now)
        & or_(row.thread_id.is_(None), ~waits_behind & ~thread_is_closed_to_us)
    )


def due_statement(condition: ColumnElement[bool]) -> Select[tuple[int]]:
    """Ids of what is due under ``condition``, the longest due first."""
    return select(deliveries.c.id).where(condition).order_by(deliveries.c.due_at).limit(bindparam("limit"))


def claimable_statement(condition: ColumnElement[bool]) -> Select[tuple[int]]:
    """Whether the row ``claimed`` may be taken under ``condition``."""
    return select(deliveries.c.id).where(deliveries.c.id == bindparam("claimed"), condition)


def claim_statement(condition: ColumnElement[bool]) -> Update:
    """Take the row ``claimed``, if it may be taken under ``condition``."""
    taken = {
        "state": DeliveryState.sending,
        "started_at": bindparam("now"),
        "lease_until": bindparam("until"),
        "lease_owner": bindparam("owner"),
        "attempts": deliveries.c.attempts + 1,
    }
    return update(deliveries).where(deliveries.c.id == bindparam("claimed"), condition).values(taken)


# Made once, of plain tables: to build these again for every delivery, or to have rows made of them, costs more than to run them.
DUE_QUERY = due_statement(_is_claimable())
DUE_URGENT = DUE_QUERY.where(deliveries.c.thread_id.is_(None), deliveries.c.kind.not_in(("webhook", "home")))
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


def list_due(statement: Select[tuple[int]], limit: int) -> list[int]:
    """Ids that ``statement`` (DUE or DUE_URGENT) finds now."""
    with transactions.read_only():
        return list(db.session.scalars(statement, {"now": clock.now(), "limit": limit}))


def claim_delivery(delivery_id: int) -> lease.DeliveryClaim | None:
    """Take the row, then put it into words: "sending" is committed first, and nothing is locked while the words are made."""
    now = clock.now()
    owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(6)}"
    if config.current().is_sqlite:
        with transactions.read_only():  # most rings that come to nothing must not wait for its one write lock
            if db.session.scalar(CLAIMABLE_QUERY, {"claimed": delivery_id, "now": now}) is None:
                return None
    until = now + lease.lease_duration()
    claimed = db.session.execute(CLAIM_STATEMENT, {"claimed": delivery_id, "now": now, "until": until, "owner": owner})
    db.session.commit()
    if claimed.rowcount != 1:
        return None
    try:
        with transactions.read_only(), db.session.no_autoflush:
            delivery = db.session.scalar(DELIVERY_QUERY, {"claimed": delivery_id})
            post = render.render_delivery(delivery)
            taken = lease.DeliveryClaim(
                delivery_id,
                owner,
                render.channel_kind_of(delivery),
                now,
                until,
                delivery.maybe_since,
                post,
                delivery.data,
            )
            written = {"content": delivery.content, "data": delivery.data} if delivery in db.session.dirty else None
            thread = delivery.thread if delivery.thread in db.session.dirty else None
            new_address = {"nonce": thread.nonce, "token_hash": thread.token_hash} if thread else None
    except (render.SkipDelivery, render.RetryLater) as reason:
        results.postpone_or_skip(delivery_id, owner, reason)
        return None
    except Exception:
        log.exception("Delivery %s could not be written", delivery_id)
        results.mark_render_failed(delivery_id, owner)
        return None
    if written and not _save_content(taken, written, delivery.thread_id, new_address):
        return None
    db.session.remove()
    return taken


def _save_content(claim: lease.DeliveryClaim, written: dict, thread_id: int | None, new_address: dict | None) -> bool:
    """Store the finished bytes before they leave, and a new reply address they name. False if the row is not ours."""
    kept = db.session.execute(
        update(Delivery)
        .where(Delivery.id == claim.id, Delivery.lease_owner == claim.owner, Delivery.state == DeliveryState.sending)
        .values(written)
        .execution_options(synchronize_session=False)
    )
    if new_address and kept.rowcount == 1:
        renewed = update(Thread).where(Thread.id == thread_id).values(new_address)
        db.session.execute(renewed.execution_options(synchronize_session=False))
    db.session.commit()
    return kept.rowcount == 1
