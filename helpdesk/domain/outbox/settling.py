"""Writing down what became of a delivery that was ours and has not arrived: failed, in doubt, left out, or not yet.

Each begins by locking the row and looking whether it is still ours, and commits.
"""

from datetime import timedelta

from sqlalchemy import bindparam, literal_column, select, update
from sqlalchemy.orm import joinedload

from helpdesk import after_commit, clock, config
from helpdesk.channels import errors
from helpdesk.channels.slack import failures
from helpdesk.domain import addresses
from helpdesk.domain.outbox import claims, gone, posts
from helpdesk.extensions import db
from helpdesk.models.channels import Channel, Thread
from helpdesk.models.sync import Delivery, State
from helpdesk.models.tickets import Ticket

DELAYS = (1, 2, 5, 10, 20, 30, 30, 60, 60, 120, 300, 600, 900)  # seconds before the next try, by tries made
GIVES_UP = timedelta(hours=48)  # mail and webhooks; Slack is waited for
MOST_ATTEMPTS_AT_COMPOSING = 5

FINISHED = [
    literal_column(f"'{state}'") for state in (State.sent, State.skipped)
]  # spelt out, so that the index of the others fits
STILL_OURS = (
    select(Delivery)
    .where(Delivery.id == bindparam("claimed"))
    .options(joinedload(Delivery.thread))
    .with_for_update(of=Delivery)
)
FOLLOWING = (
    select(db.func.min(Delivery.id), Delivery.lane)
    .where(Delivery.thread_id == bindparam("thread"), Delivery.state.not_in(FINISHED))
    .group_by(Delivery.lane)
)

TICKET = (
    select(Ticket.__table__.c.id)
    .join(Thread.__table__, Thread.__table__.c.ticket_id == Ticket.__table__.c.id)
    .join(Delivery.__table__, Delivery.__table__.c.thread_id == Thread.__table__.c.id)
    .where(Delivery.__table__.c.id == bindparam("claimed"))
    .with_for_update(of=Ticket.__table__, key_share=True)
)
TOLD = (
    update(Ticket.__table__)
    .where(Ticket.__table__.c.id == bindparam("ticket"))
    .values(version=Ticket.__table__.c.version + 1)
)


def failed(claim: claims.Claim, error: errors.ChannelError) -> None:
    """It has not arrived, or nobody knows: what ``error`` means for the row, its channel and its address."""
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
        delivery.due_at = now + max(claims.hold_off(claim.kind), delay)
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


def unsent(delivery_id: int, owner: str, reason: posts.Skip | posts.NotYet) -> None:
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


def set_aside(delivery_id: int, owner: str) -> None:
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


def hold_ticket(delivery_id: int) -> None:
    """Take the ticket's row before the delivery's, as whoever writes on a ticket does: taken the other way round, two would wait
    for each other. SQLite lets only one write at all."""
    if not config.current().is_sqlite:
        db.session.execute(TICKET, {"claimed": delivery_id})


def tell(ticket_id: int) -> None:
    """Show what became of it on the team's open pages of the ticket."""
    db.session.execute(TOLD, {"ticket": ticket_id})
    after_commit.say_changed(f"ticket:{ticket_id}:team")


def _go_on_without(delivery: Delivery, reason: str) -> None:
    """What it was about is gone in Slack: leave it out, or let it wait for the new card it was moved below."""
    if reason:
        _finish(delivery, State.skipped, reason)
    db.session.commit()
    db.session.remove()


def _still_ours(delivery_id: int, owner: str) -> Delivery | None:
    """The row, locked, unless somebody else has taken it meanwhile."""
    db.session.remove()
    hold_ticket(delivery_id)
    delivery = db.session.scalar(STILL_OURS, {"claimed": delivery_id})
    if delivery is not None and delivery.state == State.sending and delivery.lease_owner == owner:
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
    for id, lane in db.session.execute(FOLLOWING, {"thread": delivery.thread_id}):
        if lane == delivery.lane or delivery.kind == "card":
            after_commit.call_later("deliver", id)


def _tell(delivery: Delivery) -> None:
    if delivery.thread is not None and delivery.message_id is not None:
        tell(delivery.thread.ticket_id)


def _block(channel: Channel | None, kind: str, error: errors.Blocked) -> None:
    affected = (
        [channel]
        if error.scope == "channel" and channel
        else db.session.scalars(select(Channel).where(Channel.kind == kind))
    )
    for each in affected:
        each.blocked_reason = error.reason
        each.blocked_at = each.blocked_at or clock.now()
    after_commit.say_changed("desk")


def _count_dead_address(delivery: Delivery, error: errors.Permanent) -> None:
    if getattr(error, "data", {}).get("dead"):
        addresses.refused(delivery.data.get("recipient"), error.reason)
