"""Taking a delivery: which may be taken now, and the taken one put into words.

Only the first unfinished row of a thread's lane may be; the conditions stand in one statement, so that two workers cannot
both be right.
"""

import logging
import os
import secrets
import socket

from sqlalchemy import bindparam, exists, or_, select, update
from sqlalchemy.orm import aliased, joinedload

from helpdesk import clock, extensions
from helpdesk.domain.outbox import claims, posts, settling
from helpdesk.extensions import db
from helpdesk.models.channels import Channel, Thread
from helpdesk.models.sync import Delivery, State
from helpdesk.models.tickets import Message, Ticket

AT_ONCE = 500  # rows a sweep wakes

log = logging.getLogger(__name__)


def _is_claimable():
    """The condition, for a statement that is given ``now``."""
    now = bindparam("now", type_=Delivery.due_at.type)
    earlier = aliased(Delivery)
    waits_behind = exists().where(
        earlier.thread_id == Delivery.thread_id,
        earlier.lane == Delivery.lane,
        earlier.id < Delivery.id,
        earlier.state.not_in(settling.FINISHED),
    )
    thread_is_closed_to_us = exists().where(
        Thread.id == Delivery.thread_id,
        Thread.channel_id == Channel.id,
        or_(
            Channel.paused_until > now,
            (Delivery.kind != "card") & (Channel.kind == "slack") & Thread.external_id.is_(None),
        ),
    )
    return (
        Delivery.state.in_((State.pending, State.unknown))
        & (Delivery.due_at <= now)
        & or_(Delivery.thread_id.is_(None), ~waits_behind & ~thread_is_closed_to_us)
    )


# Made once: to build these again for every delivery costs more than to run them.
DUE = select(Delivery.id, Delivery.due_at, Delivery.created_at).where(_is_claimable()).order_by(Delivery.due_at).limit(AT_ONCE)
CLAIMABLE = select(Delivery.id).where(Delivery.id == bindparam("claimed"), _is_claimable())
CLAIM = (
    update(Delivery)
    .where(Delivery.id == bindparam("claimed"), _is_claimable())
    .values(
        state=State.sending,
        started_at=bindparam("now"),
        lease_until=bindparam("until"),
        lease_owner=bindparam("owner"),
        attempts=Delivery.attempts + 1,
    )
    .execution_options(synchronize_session=False)
)
WHOLE = (
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


def claim(delivery_id: int) -> claims.Claim | None:
    """Take the row, then put it into words: "sending" is committed first, and nothing is locked while the words are made."""
    now = clock.now()
    owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(6)}"
    with extensions.reading():  # most rings that come to nothing must not wait for SQLite's one write lock
        if db.session.scalar(CLAIMABLE, {"claimed": delivery_id, "now": now}) is None:
            return None
    until = now + claims.lease()
    claimed = db.session.execute(CLAIM, {"claimed": delivery_id, "now": now, "until": until, "owner": owner})
    db.session.commit()
    if claimed.rowcount != 1:
        return None
    try:
        with extensions.reading(), db.session.no_autoflush:
            delivery = db.session.scalar(WHOLE, {"claimed": delivery_id})
            post = posts.compose(delivery)
            taken = claims.Claim(delivery_id, owner, posts.channel_of(delivery), now, until, delivery.maybe_since, post)
            written = {"content": delivery.content, "data": delivery.data} if delivery in db.session.dirty else None
    except (posts.Skip, posts.NotYet) as reason:
        settling.unsent(delivery_id, owner, reason)
        return None
    except Exception:
        log.exception("Delivery %s could not be written", delivery_id)
        settling.set_aside(delivery_id, owner)
        return None
    if written and not _keep(taken, written):
        return None
    db.session.remove()
    return taken


def _keep(claim: claims.Claim, written: dict) -> bool:
    """Store the finished bytes before they leave. False if the row is no longer ours."""
    kept = db.session.execute(
        update(Delivery)
        .where(Delivery.id == claim.id, Delivery.lease_owner == claim.owner, Delivery.state == State.sending)
        .values(written)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return kept.rowcount == 1
