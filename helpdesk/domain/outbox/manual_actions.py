"""Actions of people on waiting deliveries: retry, skip, hold and release."""

from datetime import datetime

from sqlalchemy import select, update

from helpdesk import clock, jobs, live_events
from helpdesk.database.types import affected_rows
from helpdesk.domain import locking
from helpdesk.domain.errors import ConflictError
from helpdesk.domain.outbox import results, withdrawal
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.message import Message
from helpdesk.models.user import User
from helpdesk.translation import N_, gettext, lazy_gettext

REFUSAL = lazy_gettext("Only the team can do this.")


def retry_delivery(delivery: Delivery, *, actor: User | None) -> None:
    """Retry the delivery as soon as it may be. Without ``actor`` it is the command line.

    One in doubt is looked for first, after its hold-off, like any other. Raises PermissionDenied, or ConflictError if
    it is finished or being sent.
    """
    delivery = _lock_waiting(delivery, actor)
    if delivery.possibly_sent_since:
        delivery.due_at = withdrawal.earliest_look_up(delivery)
        delivery.state = DeliveryState.unknown
    else:
        delivery.due_at = clock.now()
        delivery.state = DeliveryState.pending
    delivery.attempts = 0
    delivery.data = {key: value for key, value in delivery.data.items() if key != results.RENDER_FAILURES}
    _publish_and_wake(delivery)


def skip_delivery(delivery: Delivery, *, actor: User | None) -> None:
    """Cancel the delivery, so that those behind it are sent. Without ``actor`` it is the command line.

    Without its card a thread cannot hold anything, so that the whole thread ends with a card that was never posted.
    Raises PermissionDenied, or ConflictError if it is finished or being sent.
    """
    delivery = _lock_waiting(delivery, actor)
    reason = gettext("Left out by %(actor)s.", actor=actor.display_name if actor else gettext("the command line"))
    withdrawal.cancel(delivery, reason)
    thread = delivery.thread
    if thread is not None and delivery.kind == DeliveryKind.card and thread.external_id is None:
        thread.ended_at = clock.now()
        withdrawal.cancel_waiting((thread.id,), gettext("The ticket has no card there. %(reason)s", reason=reason))
    _publish_and_wake(delivery)


def end_undo_window(message: Message, *, actor: User) -> None:
    """End the undo window of a message, so that its mail is sent at once. Raises PermissionDenied."""
    message = locking.lock_message_if(message, lambda _: _is_team(actor), REFUSAL)
    message.release_at = clock.now()
    waiting = Delivery.message_id == message.id, Delivery.state == DeliveryState.pending
    for delivery in locking.lock_deliveries(*waiting):
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
            reason=N_("Held after a restore: it may have been sent before."),
            possibly_sent_since=Delivery.created_at,
        )
        .execution_options(synchronize_session=False)
    )
    return affected_rows(held)


def release_delivery(delivery: Delivery, *, actor: User | None) -> None:
    """Release a held delivery; if it may have been sent, it is looked up first. Raises as ``retry_delivery``."""
    retry_delivery(delivery, actor=actor)


def _lock_waiting(delivery: Delivery, actor: User | None) -> Delivery:
    """Lock the ticket and the delivery, then ask: two presses, a worker and a person do not get in each other's way."""
    locking.lock_tickets_of((delivery.id,))
    locked = locking.lock_deliveries(Delivery.id == delivery.id)
    permissions.ensure(_is_team(actor), REFUSAL)
    if not locked or locked[0].is_finished or locked[0].state == DeliveryState.sending:
        raise ConflictError(gettext("This delivery is not waiting."))
    return locked[0]


def _is_team(actor: User | None) -> bool:
    return actor is None or (actor.is_team and actor.is_active)


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
