"""Slack threads that a ticket was made in: they are older than the ticket, and its card is an answer in them."""

from datetime import datetime

from sqlalchemy import select

from helpdesk.channels.slack.api import slack_clock
from helpdesk.domain.outbox.channel import NewThread
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.thread import Thread


def find_origin(
    channel: Channel | None, root: object, organization_id: int, filed_ts: object = None
) -> NewThread | None:
    """Return the thread below the message ``root`` as one for a new ticket of the organization.

    ``filed_ts``: Slack's time at which the ticket was asked for, where that is known.
    None where it cannot be one: the channel is none of ours or of another customer, or the thread is another ticket's.
    """
    if channel is None or channel.removed_at or not isinstance(root, str) or not root or len(root) > 32:
        return None
    if channel.audience == "customer" and channel.organization_id != organization_id:
        return None
    taken = select(Thread.id).where(Thread.channel_id == channel.id, Thread.external_id == root)
    if db.session.scalar(taken):
        return None
    is_time = isinstance(filed_ts, str) and len(filed_ts) <= 32 and known_ts(filed_ts) != float("inf")
    return NewThread(channel.id, external_id=root, filed_ts=str(filed_ts) if is_time else None)


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
    return known_ts(ts) < (known_ts(posted) if posted else filed_ts(thread))


def is_before_filing(thread: Thread, ts: str) -> bool:
    """Return whether the message ``ts`` is older than the ticket. A customer's that is newer belongs to it, even if
    the card was not there yet.
    """
    return ts == thread.external_id or known_ts(ts) < filed_ts(thread)


def filed_ts(thread: Thread) -> float:
    """Return Slack's time at which the ticket was made in the thread, in seconds.

    Where Slack did not tell it, our own is converted, which may be a second off: an answer's Date has whole seconds.
    """
    return known_ts(thread.filed_ts) if thread.filed_ts else slack_clock.to_slack_time(thread.created_at).timestamp()


def format_ts(when: datetime | None) -> str | None:
    """Return a time of Slack's as a ts; None for none."""
    return f"{when.timestamp():.6f}" if when is not None else None


def known_ts(ts: str) -> float:
    """Return a ts as seconds; the far future for what is none."""
    try:
        return float(ts)
    except ValueError:
        return float("inf")


def _waits_for_card(thread: Thread) -> bool:
    waiting = select(Delivery.id).where(
        Delivery.thread_id == thread.id,
        Delivery.kind == DeliveryKind.card,
        Delivery.state.not_in((DeliveryState.sent, DeliveryState.cancelled)),
    )
    return db.session.scalar(waiting.limit(1)) is not None
