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

from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import aliased

from helpdesk import after_commit, clock, config, extensions
from helpdesk.channels import email, errors, slack, webhook
from helpdesk.channels.slack import failures
from helpdesk.channels.values import Post, Sent
from helpdesk.domain import addresses
from helpdesk.domain.outbox import gone, letters, posts
from helpdesk.extensions import db
from helpdesk.models.channels import Channel, Thread
from helpdesk.models.sync import Delivery, State
from helpdesk.models.tickets import Ticket

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
        due = select(Delivery.id).where(_is_claimable(now)).order_by(Delivery.due_at).limit(AT_ONCE)
        ids = list(db.session.scalars(due))
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


def _is_claimable(now: datetime):
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


def _claim(delivery_id: int) -> Claim | None:
    now = clock.now()
    owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(6)}"
    claimed = db.session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, _is_claimable(now))
        .values(
            state=State.sending,
            started_at=now,
            lease_until=now + _lease(),
            lease_owner=owner,
            attempts=Delivery.attempts + 1,
        )
        .execution_options(synchronize_session=False)
    )
    if claimed.rowcount != 1:
        db.session.rollback()
        return None
    delivery = db.session.get(Delivery, delivery_id, populate_existing=True)
    try:
        post = posts.compose(delivery)
        claim = Claim(delivery.id, owner, posts.channel_of(delivery), now, now + _lease(), delivery.maybe_since, post)
    except posts.Skip as skip:
        _finish(delivery, State.skipped, skip.reason)
        db.session.commit()
        return None
    except posts.NotYet as wait:
        delivery.state, delivery.due_at, delivery.reason = State.pending, now + timedelta(seconds=wait.seconds), wait.reason
        db.session.commit()
        return None
    except Exception:
        log.exception("Delivery %s could not be written", delivery_id)
        db.session.rollback()
        _set_aside(delivery_id)
        return None
    db.session.commit()
    db.session.remove()
    return claim


def _lease() -> timedelta:
    """How long a claimed row is ours; by default longer than a job may run (after_commit.JOB_TIMEOUT)."""
    return timedelta(seconds=config.current().DELIVERY_LEASE)


def _settle_sent(claim: Claim, sent: Sent) -> bool:
    delivery = _still_ours(claim, or_unknown=True)
    if delivery is None:
        db.session.rollback()
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
    delivery = _still_ours(claim)
    if delivery is None:
        db.session.rollback()
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


def _still_ours(claim: Claim, or_unknown: bool = False) -> Delivery | None:
    """The row, locked, unless somebody else has taken it meanwhile. A success may also settle what a sweep doubted."""
    db.session.remove()
    delivery = db.session.scalar(select(Delivery).where(Delivery.id == claim.id).with_for_update(of=Delivery))
    if delivery is None or delivery.is_finished:
        return None
    if delivery.state == State.sending and delivery.lease_owner == claim.owner:
        return delivery
    return delivery if or_unknown and delivery.state == State.unknown and delivery.lease_owner == claim.owner else None


def _finish(delivery: Delivery, state: State, reason: str | None) -> None:
    delivery.state = state
    delivery.reason = reason
    delivery.finished_at = clock.now()
    delivery.lease_until = None
    _tell(delivery)
    if delivery.thread_id is None:
        return
    db.session.flush()
    following = (
        select(db.func.min(Delivery.id))
        .where(Delivery.thread_id == delivery.thread_id, Delivery.state.not_in(FINISHED))
        .group_by(Delivery.lane)
    )
    for id in db.session.scalars(following):
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


def _set_aside(delivery_id: int) -> None:
    """A row that cannot be turned into something to send: tried a few times, then shown to the team."""
    delivery = db.session.get(Delivery, delivery_id)
    delivery.attempts += 1
    delivery.reason = "This could not be put into words for the other side; the log has the details."
    if delivery.attempts >= MOST_ATTEMPTS_AT_COMPOSING:
        delivery.state = State.failed
    else:
        delivery.due_at = clock.now() + timedelta(seconds=DELAYS[delivery.attempts + 2])
    db.session.commit()


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
