"""How one delivery is made: claimed, sent with nothing held, and written down. Order and exactly-once live here.

The rules are those of design.md §5, each learnt from a measurement (security.md M3, M4, M7): only the first unfinished row
of a thread's lane may be claimed; "sending" is committed before the call; what may have been stored is looked for, after a
hold-off, before it is sent again; nobody posts on a lease that is about to end.
"""

import logging
import os
import secrets
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, exists, or_, select, update
from sqlalchemy.orm import aliased, joinedload

from helpdesk import after_commit, clock, config, extensions
from helpdesk.channels import email, errors, slack, webhook
from helpdesk.channels.slack import failures
from helpdesk.channels.values import Post, Sent
from helpdesk.domain import addresses
from helpdesk.domain.outbox import gone, letters, posts
from helpdesk.extensions import db
from helpdesk.models.channels import Channel, Thread
from helpdesk.models.sync import Delivery, State
from helpdesk.models.tickets import Message, Ticket

LEFT_TO_BEGIN = 1 / 3  # of the lease: nobody begins a call with less than this left
DELAYS = (1, 2, 5, 10, 20, 30, 30, 60, 60, 120, 300, 600, 900)  # seconds before the next try, by tries made
GIVES_UP = timedelta(hours=48)  # mail and webhooks; Slack is waited for
MOST_ATTEMPTS_AT_COMPOSING = 5
AT_ONCE = 500  # rows a sweep wakes

log = logging.getLogger(__name__)
CHANNELS = {"slack": slack, "email": email, "webhook": webhook}
FINISHED = (State.sent, State.skipped)
_reminder = after_commit.Reminder("deliver")


@dataclass(frozen=True)
class Claim:
    """A row that is ours until ``lease_until``, as plain values: no row is held while the outside is spoken to."""

    id: int
    owner: str
    kind: str
    started_at: datetime
    lease_until: datetime
    maybe_since: datetime | None
    post: Post


def deliver(delivery_id: int) -> bool:
    """Make the delivery with this id if it is first in its lane, due and free. True if it was sent. Commits."""
    claim = _claim(delivery_id)
    if claim is None:
        return False
    channel = CHANNELS[claim.kind]
    try:
        sent = channel.find(claim.post) if claim.maybe_since else None
        if sent is None:
            if clock.now() > claim.lease_until - _lease() * LEFT_TO_BEGIN:
                raise errors.Unknown("The worker was held up; looking before trying again.")
            sent = channel.send(claim.post)
    except errors.ChannelError as error:
        _settle_failure(claim, error)
        return False
    except Exception:
        log.exception("Delivery %s ended in a way nobody foresaw", claim.id)
        _settle_failure(claim, errors.Unknown("Something unforeseen happened while sending."))
        return False
    return _settle_sent(claim, sent)


def sweep() -> int:
    """Find every row that is due and first in its lane, and wake those that may have no doorbell; expired leases become unknown
    first. Returns how many were woken. Commits."""
    now = clock.now()
    expired = (Delivery.state == State.sending) & (Delivery.lease_until < now)
    with extensions.reading():
        somebody_died = db.session.scalar(select(Delivery.id).where(expired).limit(1))
        ids = list(db.session.scalars(DUE, {"now": now}))
    if somebody_died:
        _doubt(expired)
    return len(_reminder.ring(ids))


def _doubt(expired) -> None:
    """Whoever was sending these is gone: nobody knows whether they were stored."""
    db.session.execute(
        update(Delivery)
        .where(expired)
        .values(
            state=State.unknown,
            maybe_since=db.func.coalesce(Delivery.maybe_since, Delivery.started_at),
            due_at=clock.now() + timedelta(seconds=config.current().DELIVERY_HOLD_OFF),
            reason="The worker ended while sending; looking before trying again.",
        )
        .execution_options(synchronize_session=False)
    )
    db.session.commit()


def _is_claimable():
    """The condition, for a statement that is given ``now``."""
    now = bindparam("now", type_=Delivery.due_at.type)
    earlier = aliased(Delivery)
    waits_behind = exists().where(
        earlier.thread_id == Delivery.thread_id,
        earlier.lane == Delivery.lane,
        earlier.id < Delivery.id,
        earlier.state.not_in(FINISHED),
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
DUE = select(Delivery.id).where(_is_claimable()).order_by(Delivery.due_at).limit(AT_ONCE)
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
STILL_OURS = (
    select(Delivery)
    .where(Delivery.id == bindparam("claimed"))
    .options(joinedload(Delivery.thread))
    .with_for_update(of=Delivery)
)
FOLLOWING = (
    select(db.func.min(Delivery.id))
    .where(Delivery.thread_id == bindparam("thread"), Delivery.state.not_in(FINISHED))
    .group_by(Delivery.lane)
)


def _claim(delivery_id: int) -> Claim | None:
    """Take the row, then put it into words: "sending" is committed first, and nothing is locked while the words are made."""
    now = clock.now()
    owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(6)}"
    with extensions.reading():  # most rings that come to nothing must not wait for SQLite's one write lock
        if db.session.scalar(CLAIMABLE, {"claimed": delivery_id, "now": now}) is None:
            return None
    until = now + _lease()
    claimed = db.session.execute(CLAIM, {"claimed": delivery_id, "now": now, "until": until, "owner": owner})
    db.session.commit()
    if claimed.rowcount != 1:
        return None
    try:
        with extensions.reading(), db.session.no_autoflush:
            delivery = db.session.scalar(WHOLE, {"claimed": delivery_id})
            post = posts.compose(delivery)
            claim = Claim(delivery_id, owner, posts.channel_of(delivery), now, until, delivery.maybe_since, post)
            written = {"content": delivery.content, "data": delivery.data} if delivery in db.session.dirty else None
    except (posts.Skip, posts.NotYet) as reason:
        _settle_unsent(delivery_id, owner, reason)
        return None
    except Exception:
        log.exception("Delivery %s could not be written", delivery_id)
        _set_aside(delivery_id, owner)
        return None
    if written and not _keep(claim, written):
        return None
    db.session.remove()
    return claim


def _keep(claim: Claim, written: dict) -> bool:
    """Store the finished bytes before they leave. False if the row is no longer ours."""
    kept = db.session.execute(
        update(Delivery)
        .where(Delivery.id == claim.id, Delivery.lease_owner == claim.owner, Delivery.state == State.sending)
        .values(written)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return kept.rowcount == 1


def _settle_unsent(delivery_id: int, owner: str, reason: posts.Skip | posts.NotYet) -> None:
    """It need not leave any more, or not yet."""
    delivery = _still_ours(delivery_id, owner)
    if delivery is None:
        return
    if isinstance(reason, posts.Skip):
        _finish(delivery, State.skipped, reason.reason)
    else:
        delivery.state = State.unknown if delivery.maybe_since else State.pending
        delivery.due_at, delivery.reason = clock.now() + timedelta(seconds=reason.seconds), reason.reason
        delivery.lease_until = delivery.lease_owner = None
    db.session.commit()
    db.session.remove()


def _lease() -> timedelta:
    """How long a claimed row is ours; by default longer than a job may run (after_commit.JOB_TIMEOUT)."""
    return timedelta(seconds=config.current().DELIVERY_LEASE)


def _settle_sent(claim: Claim, sent: Sent) -> bool:
    delivery = _still_ours(claim.id, claim.owner, or_unknown=True)
    if delivery is None:
        return True
    delivery.external_id = sent.external_id
    if sent.extra:
        delivery.data = {**delivery.data, **sent.extra}
    delivery.maybe_since = None
    if claim.kind == "email":
        letters.sent(delivery)
    _finish(delivery, State.sent, None)
    thread = delivery.thread
    if thread is not None:
        if thread.external_id is None and (delivery.kind == "card" or thread.channel.kind == "email"):
            thread.external_id = sent.external_id
        if thread.channel.blocked_reason:
            _unblock(thread.channel)
    db.session.commit()
    db.session.remove()
    return True


def _settle_failure(claim: Claim, error: errors.ChannelError) -> None:
    delivery = _still_ours(claim.id, claim.owner)
    if delivery is None:
        return
    now = clock.now()
    delay = timedelta(seconds=DELAYS[min(delivery.attempts, len(DELAYS)) - 1])
    channel = delivery.thread.channel if delivery.thread else None
    delivery.reason = error.reason
    delivery.lease_until = delivery.lease_owner = None
    if claim.kind == "slack" and isinstance(error, errors.Permanent):
        instead = gone.answer(delivery, failures.code_of(error))
        if instead is not None:
            _go_on_without(delivery, instead)
            return
    if isinstance(error, errors.Unknown):
        delivery.state = State.unknown
        delivery.maybe_since = claim.maybe_since or claim.started_at
        current = config.current()
        hold_off = current.DELIVERY_MAIL_HOLD_OFF if claim.kind == "email" else current.DELIVERY_HOLD_OFF
        delivery.due_at = now + max(timedelta(seconds=hold_off), delay)
    elif isinstance(error, errors.Permanent):
        delivery.state = State.failed
        _count_dead_address(delivery, error)
    elif claim.maybe_since is not None and claim.kind != "webhook":
        # The look-up or the second try was refused; the first may still have landed, so the next try looks again.
        delivery.state = State.unknown
        delivery.due_at = now + delay
    else:
        delivery.state = State.pending
        delivery.due_at = now + delay
        if claim.kind != "slack" and now - delivery.created_at > GIVES_UP:
            delivery.state = State.failed
    if isinstance(error, errors.Temporary) and error.retry_after:
        delivery.due_at = now + timedelta(seconds=error.retry_after)
        if channel is not None and claim.kind == "slack":
            channel.paused_until = delivery.due_at
    if isinstance(error, errors.Blocked):
        delivery.due_at = now + max(delay, timedelta(seconds=10))
        _block(channel, claim.kind, error)
    _tell(delivery)
    db.session.commit()
    db.session.remove()


def _go_on_without(delivery: Delivery, reason: str) -> None:
    """What it was about is gone in Slack: leave it out, or let it wait for the new card it was moved below."""
    if reason:
        _finish(delivery, State.skipped, reason)
    db.session.commit()
    db.session.remove()


def _still_ours(delivery_id: int, owner: str, or_unknown: bool = False) -> Delivery | None:
    """The row, locked, unless somebody else has taken it meanwhile. A success may also settle what a sweep doubted."""
    db.session.remove()
    delivery = db.session.scalar(STILL_OURS, {"claimed": delivery_id})
    states = (State.sending, State.unknown) if or_unknown else (State.sending,)
    if delivery is not None and delivery.state in states and delivery.lease_owner == owner:
        return delivery
    db.session.rollback()
    return None


def _finish(delivery: Delivery, state: State, reason: str | None) -> None:
    delivery.state = state
    delivery.reason = reason
    delivery.finished_at = clock.now()
    delivery.lease_until = None
    _tell(delivery)
    if delivery.thread_id is None:
        return
    db.session.flush()
    for id in db.session.scalars(FOLLOWING, {"thread": delivery.thread_id}):
        after_commit.call_later("deliver", id)


def _tell(delivery: Delivery) -> None:
    """Show what became of it on the team's open pages of the ticket."""
    if delivery.thread is not None and delivery.message_id is not None:
        ticket_id = delivery.thread.ticket_id
        db.session.execute(
            update(Ticket)
            .where(Ticket.id == ticket_id)
            .values(version=Ticket.version + 1)
            .execution_options(synchronize_session=False)
        )
        after_commit.say_changed(f"ticket:{ticket_id}:team")


def _set_aside(delivery_id: int, owner: str) -> None:
    """A row that cannot be turned into something to send: tried a few times, then shown to the team."""
    delivery = _still_ours(delivery_id, owner)
    if delivery is None:
        return
    delivery.reason = "This could not be put into words for the other side; the log has the details."
    delivery.lease_until = delivery.lease_owner = None
    if delivery.attempts >= MOST_ATTEMPTS_AT_COMPOSING:
        delivery.state = State.failed
    else:
        delivery.state = State.unknown if delivery.maybe_since else State.pending
        delivery.due_at = clock.now() + timedelta(seconds=DELAYS[delivery.attempts + 2])
    db.session.commit()
    db.session.remove()


def _block(channel: Channel | None, kind: str, error: errors.Blocked) -> None:
    affected = [channel] if error.scope == "channel" and channel else db.session.scalars(select(Channel).where(Channel.kind == kind))
    for each in affected:
        each.blocked_reason = error.reason
        each.blocked_at = each.blocked_at or clock.now()
    after_commit.say_changed("desk")


def _unblock(channel: Channel) -> None:
    """One thing got through: the rest of the channel is worth trying at once."""
    channel.blocked_reason = channel.blocked_at = None
    threads = select(Thread.id).where(Thread.channel_id == channel.id)
    db.session.execute(
        update(Delivery)
        .where(Delivery.thread_id.in_(threads), Delivery.state == State.pending, Delivery.attempts > 0)
        .values(due_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    after_commit.say_changed("desk")


def _count_dead_address(delivery: Delivery, error: errors.Permanent) -> None:
    if getattr(error, "data", {}).get("dead"):
        addresses.refused(delivery.data.get("recipient"), error.reason)
