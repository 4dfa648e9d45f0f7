"""Handle Slack's answer that the message or thread of a delivery no longer exists: skip the delivery, or post a new
card and continue below it.
"""

from sqlalchemy import update

from helpdesk import clock, jobs
from helpdesk.channels.slack.api import api_errors
from helpdesk.domain import locking
from helpdesk.domain.outbox import withdrawal
from helpdesk.domain.outbox.enqueue import enqueue_delivery
from helpdesk.domain.outbox.errors import PermanentError, RetryLater, SkipDelivery
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.thread import Thread
from helpdesk.translation import gettext

MESSAGE_NOT_FOUND_CODES = {"message_not_found", "cant_update_message"}
THREAD_NOT_FOUND_CODES = {"thread_not_found", "cannot_reply_to_message", "restricted_action_thread_locked"}
REACTION_LIMIT_CODES = {"too_many_emoji", "too_many_reactions", "invalid_name"}  # nobody need act on it
WAITING_STATES = (DeliveryState.pending, DeliveryState.unknown, DeliveryState.failed, DeliveryState.on_hold)
CHANGE_KINDS = (DeliveryKind.edit, DeliveryKind.delete, DeliveryKind.mark)


def handle_not_found(delivery: Delivery, error: PermanentError) -> None:
    """Handle a permanent error that may mean that a message is gone in Slack.

    Raises SkipDelivery to leave the delivery out, RetryLater where it was moved below a new card. Returns where the
    error has another meaning.
    """
    code = api_errors.error_code(error)
    if delivery.thread is None:
        return
    if delivery.kind == DeliveryKind.card_update and code in MESSAGE_NOT_FOUND_CODES:
        replace_card(delivery.thread)
        raise SkipDelivery(gettext("The card was deleted in Slack; a new one takes its place."))
    if delivery.kind in CHANGE_KINDS and code in MESSAGE_NOT_FOUND_CODES | THREAD_NOT_FOUND_CODES:
        raise SkipDelivery(gettext("This was deleted in Slack."))
    if delivery.kind == DeliveryKind.mark and code in REACTION_LIMIT_CODES:
        raise SkipDelivery(gettext("Slack takes no such reaction there."))
    if delivery.kind in withdrawal.CONVERSATION_KINDS and code in THREAD_NOT_FOUND_CODES:
        delivery.thread = replace_card(delivery.thread)
        delivery.attempts, delivery.possibly_sent_since = 0, None
        raise RetryLater(error.reason, 0)


def replace_card(thread: Thread) -> Thread:
    """Return the ticket's thread below a new card in the same channel; all waiting deliveries are moved there, in
    order.
    """
    active = withdrawal.find_successor(thread)
    if active is not None:
        return active
    thread.ended_at = clock.now()
    renewed = Thread(ticket_id=thread.ticket_id, organization_id=thread.organization_id, channel=thread.channel)
    db.session.add(renewed)
    db.session.flush()
    waits = (Delivery.thread_id == thread.id, Delivery.state.in_(WAITING_STATES))
    locking.lock_deliveries(*waits)
    for where, values in (
        (Delivery.kind.in_(withdrawal.CONVERSATION_KINDS), {"thread_id": renewed.id}),
        (
            Delivery.kind == DeliveryKind.card_update,
            {
                "state": DeliveryState.cancelled,
                "reason": gettext("A new card takes its place."),
                "finished_at": clock.now(),
            },
        ),
    ):
        db.session.execute(
            update(Delivery).where(*waits, where).values(values).execution_options(synchronize_session="fetch")
        )
    card = enqueue_delivery(renewed, DeliveryKind.card, queue_key="card", again=True)
    jobs.enqueue_after_commit("deliver", card.id)
    return renewed
