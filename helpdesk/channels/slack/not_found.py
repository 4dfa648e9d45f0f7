"""When Slack says that what a delivery is about is no longer there: nothing to do any more, or a new card to hang it below."""

from sqlalchemy import select, update

from helpdesk import clock, jobs
from helpdesk.domain.outbox import fan_out
from helpdesk.extensions import db
from helpdesk.models.channel import Thread
from helpdesk.models.delivery import Delivery, DeliveryState

MESSAGE_NOT_FOUND_CODES = {"message_not_found", "cant_update_message"}
THREAD_NOT_FOUND_CODES = {"thread_not_found", "cannot_reply_to_message"}
WAITING_STATES = (DeliveryState.pending, DeliveryState.unknown, DeliveryState.failed, DeliveryState.held)
CONVERSATION_KINDS = ("message", "file", "line")


def resolve_not_found(delivery: Delivery, code: str) -> str | None:
    """What to do after a refusal with Slack's ``code``: a reason to leave the delivery out, "" if it waits for a new card
    instead, None where the refusal stands."""
    if delivery.thread is None:
        return None
    if delivery.kind == "card_update" and code in MESSAGE_NOT_FOUND_CODES:
        replace_card(delivery.thread)
        return "The card was deleted in Slack; a new one takes its place."
    if delivery.kind in ("edit", "delete", "mark") and code in MESSAGE_NOT_FOUND_CODES | THREAD_NOT_FOUND_CODES:
        return "This was deleted in Slack."
    if delivery.kind in CONVERSATION_KINDS and code in THREAD_NOT_FOUND_CODES:
        renewed = replace_card(delivery.thread)
        delivery.thread = renewed
        delivery.state, delivery.due_at, delivery.attempts = DeliveryState.pending, clock.now(), 0
        delivery.maybe_since = None
        return ""
    return None


def replace_card(thread: Thread) -> Thread:
    """The thread in which the ticket goes on in this channel, below a new card; all that waits moves there, in order."""
    living = db.session.scalar(
        select(Thread)
        .where(Thread.ticket_id == thread.ticket_id, Thread.channel_id == thread.channel_id, Thread.ended_at.is_(None))
        .where(Thread.id > thread.id)
        .order_by(Thread.id.desc())
        .limit(1)
    )
    if living is not None:
        return living
    thread.ended_at = clock.now()
    renewed = Thread(ticket_id=thread.ticket_id, organization_id=thread.organization_id, channel=thread.channel)
    db.session.add(renewed)
    db.session.flush()
    waits = (Delivery.thread_id == thread.id, Delivery.state.in_(WAITING_STATES))
    for where, values in (
        (Delivery.kind.in_(CONVERSATION_KINDS), {"thread_id": renewed.id}),
        (
            Delivery.kind == "card_update",
            {"state": DeliveryState.skipped, "reason": "A new card takes its place.", "finished_at": clock.now()},
        ),
    ):
        db.session.execute(
            update(Delivery).where(*waits, where).values(values).execution_options(synchronize_session="fetch")
        )
    card = fan_out.enqueue_delivery(renewed, "card", lane="card", again=True)
    jobs.enqueue_after_commit("deliver", card.id)
    return renewed
