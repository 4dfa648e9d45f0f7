"""Actions of people on waiting deliveries: retry, skip, hold and release."""

from datetime import datetime

from sqlalchemy import select, update

from helpdesk import clock, jobs, live_events
from helpdesk.database.types import affected_rows
from helpdesk.domain.errors import ConflictError
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryState
from helpdesk.models.message import Message
from helpdesk.models.user import User


def retry_delivery(delivery: Delivery, *, actor: User | None) -> None:
    """Retry the delivery now. Without ``actor`` it is the command line.

    Raises PermissionDenied, or ConflictError if it is finished or being sent.
    """
    _ensure_team(actor)
    if delivery.is_finished or delivery.state == DeliveryState.sending:
        raise ConflictError("This delivery is not waiting.")
    delivery.state = DeliveryState.unknown if delivery.possibly_sent_since else DeliveryState.pending
    delivery.due_at = clock.now()
    delivery.attempts = 0
    _publish_and_wake(delivery)


def skip_delivery(delivery: Delivery, *, actor: User) -> None:
    """Cancel the delivery, so that those behind it are sent.

    Raises PermissionDenied, or ConflictError if it is finished or being sent.
    """
    _ensure_team(actor)
    if delivery.is_finished or delivery.state == DeliveryState.sending:
        raise ConflictError("This delivery is not waiting.")
    delivery.state = DeliveryState.cancelled
    delivery.reason = f"Left out by {actor.display_name}."
    delivery.finished_at = clock.now()
    _publish_and_wake(delivery)


def end_undo_window(message: Message, *, actor: User) -> None:
    """End the undo window of a message, so that its mail is sent at once. Raises PermissionDenied."""
    _ensure_team(actor)
    message.release_at = clock.now()
    waiting = select(Delivery).where(Delivery.message_id == message.id, Delivery.state == DeliveryState.pending)
    for delivery in db.session.scalars(waiting):
        delivery.due_at = clock.now()
        jobs.enqueue_after_commit("deliver", delivery.id)


def hold_pending(before: datetime) -> int:
    """Hold the unsent deliveries created before ``before``. Returns how many.

    After a backup was restored they may have been sent long ago.
    """
    held = db.session.execute(
        update(Delivery)
        .where(
            Delivery.state.in_((DeliveryState.pending, DeliveryState.sending, DeliveryState.unknown)),
            Delivery.created_at < before,
        )
        .values(
            state=DeliveryState.on_hold,
            reason="Held after a restore: it may have been sent before.",
            possibly_sent_since=Delivery.created_at,
        )
        .execution_options(synchronize_session=False)
    )
    return affected_rows(held)


def release_delivery(delivery: Delivery, *, actor: User | None) -> None:
    """Release a held delivery; if it may have been sent, it is looked up first. Raises as ``retry_delivery``."""
    retry_delivery(delivery, actor=actor)


def _ensure_team(actor: User | None) -> None:
    permissions.ensure(actor is None or (actor.is_team and actor.is_active), "Only the team can do this.")


def _publish_and_wake(delivery: Delivery) -> None:
    db.session.flush()
    if delivery.thread is not None:
        live_events.bump_version_and_publish(delivery.thread.ticket, team_only=True)
        following = select(Delivery.id).where(
            Delivery.thread_id == delivery.thread_id, Delivery.state.in_((DeliveryState.pending, DeliveryState.unknown))
        )
        for id in db.session.scalars(following.order_by(Delivery.id).limit(2)):
            jobs.enqueue_after_commit("deliver", id)
    else:
        jobs.enqueue_after_commit("deliver", delivery.id)
