"""What a person may do about a delivery that waits: try it again, leave it out, let it go on."""

from datetime import datetime

from sqlalchemy import select, update

from helpdesk import after_commit, clock
from helpdesk.domain import permissions
from helpdesk.domain.errors import Conflict
from helpdesk.extensions import db
from helpdesk.models.people import User
from helpdesk.models.sync import Delivery, State
from helpdesk.models.tickets import Message


def retry(delivery: Delivery, *, actor: User | None) -> None:
    """Try again now. ``actor`` None is the operator at the command line. Raises Conflict when it is done or under way."""
    _require_team(actor)
    if delivery.is_finished or delivery.state == State.sending:
        raise Conflict("This delivery is not waiting.")
    delivery.state = State.unknown if delivery.maybe_since else State.pending
    delivery.due_at = clock.now()
    delivery.attempts = 0
    _tell_and_ring(delivery)


def skip(delivery: Delivery, *, actor: User) -> None:
    """Leave it out, so that those behind it may go. Raises Conflict when it is done or under way."""
    _require_team(actor)
    if delivery.is_finished or delivery.state == State.sending:
        raise Conflict("This delivery is not waiting.")
    delivery.state = State.skipped
    delivery.reason = f"Left out by {actor.display_name}."
    delivery.finished_at = clock.now()
    _tell_and_ring(delivery)


def send_now(message: Message, *, actor: User) -> None:
    """End a message's undo window: its mail leaves at once."""
    _require_team(actor)
    message.release_at = clock.now()
    waiting = select(Delivery).where(Delivery.message_id == message.id, Delivery.state == State.pending)
    for delivery in db.session.scalars(waiting):
        delivery.due_at = clock.now()
        after_commit.call_later("deliver", delivery.id)


def hold_old(before: datetime) -> int:
    """After a backup was restored: hold what was waiting before ``before``, since it may have left long ago. Returns how many."""
    held = db.session.execute(
        update(Delivery)
        .where(Delivery.state.in_((State.pending, State.sending, State.unknown)), Delivery.created_at < before)
        .values(
            state=State.held,
            reason="Held after a restore: it may have been sent before.",
            maybe_since=Delivery.created_at,
        )
        .execution_options(synchronize_session=False)
    )
    return held.rowcount


def release(delivery: Delivery, *, actor: User | None) -> None:
    """Let a held delivery go on; what may have been sent is looked for first."""
    retry(delivery, actor=actor)


def _require_team(actor: User | None) -> None:
    permissions.require(actor is None or (actor.is_team and actor.is_active), "Only the team can do this.")


def _tell_and_ring(delivery: Delivery) -> None:
    db.session.flush()
    if delivery.thread is not None:
        after_commit.touch(delivery.thread.ticket, team_only=True)
        following = select(Delivery.id).where(
            Delivery.thread_id == delivery.thread_id, Delivery.state.in_((State.pending, State.unknown))
        )
        for id in db.session.scalars(following.order_by(Delivery.id).limit(2)):
            after_commit.call_later("deliver", id)
    else:
        after_commit.call_later("deliver", delivery.id)
