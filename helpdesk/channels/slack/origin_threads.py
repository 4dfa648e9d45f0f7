"""Slack threads that a ticket was made in: they are older than the ticket, and its card is an answer in them."""

from sqlalchemy import select

from helpdesk.domain.outbox.channel import NewThread
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.thread import Thread


def find_origin(channel: Channel | None, root: object, organization_id: int) -> NewThread | None:
    """Return the thread below the message ``root`` as one for a new ticket of the organization.

    None where it cannot be one: the channel is none of ours or of another customer, or the thread is another ticket's.
    """
    if channel is None or channel.removed_at or not isinstance(root, str) or not root or len(root) > 32:
        return None
    if channel.audience == "customer" and channel.organization_id != organization_id:
        return None
    taken = select(Thread.id).where(Thread.channel_id == channel.id, Thread.external_id == root)
    return None if db.session.scalar(taken) else NewThread(channel.id, external_id=root)


def card_ts(thread: Thread) -> str | None:
    """Return the ts of the thread's card: its root message, or an answer where the ticket was made in the thread.
    None while it is not posted.
    """
    card = select(Delivery.external_id).where(
        Delivery.thread_id == thread.id, Delivery.kind == DeliveryKind.card, Delivery.external_id.is_not(None)
    )
    return db.session.scalar(card.order_by(Delivery.id.desc()).limit(1)) or (
        None if _waits_for_card(thread) else thread.external_id
    )


def is_before_card(thread: Thread, ts: str) -> bool:
    """Return whether the message ``ts`` is older than the card: it was written before the thread was the ticket's."""
    posted = card_ts(thread)
    if posted == thread.external_id:
        return False  # the card is the root: nothing in its thread is older
    try:
        return float(ts) < (float(posted) if posted else thread.created_at.timestamp())
    except ValueError:
        return False


def _waits_for_card(thread: Thread) -> bool:
    waiting = select(Delivery.id).where(
        Delivery.thread_id == thread.id,
        Delivery.kind == DeliveryKind.card,
        Delivery.state.not_in((DeliveryState.sent, DeliveryState.cancelled)),
    )
    return db.session.scalar(waiting.limit(1)) is not None
