"""Reactions that were put on a message elsewhere, shown in Slack by the bot: one for each emoji.

Slack knows a reaction by person and emoji, and an app reacts as itself only (docs.slack.dev/reference/methods/
reactions.add), so who reacted is on the page.
"""

from sqlalchemy import select

from helpdesk.channels.slack.parse import emoji_names
from helpdesk.channels.slack.render import blocks
from helpdesk.domain.outbox.enqueue import enqueue_delivery, wake_worker
from helpdesk.domain.outbox.fan_out import is_on_card
from helpdesk.domain.tickets import reactions
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread


def enqueue_reaction(thread: Thread, message: Message, emoji: str, is_added: bool) -> None:
    """Let the bot add the reaction to the copy of ``message`` in ``thread``, or remove it. Marks of ours stay."""
    timestamp, name = _find_timestamp(thread, message), emoji_names.find_name(emoji)
    if timestamp is None or name is None or name in blocks.MARKER_EMOJI.values():
        return
    method = "reactions.add" if is_added else "reactions.remove"
    put = enqueue_delivery(thread, DeliveryKind.mark, queue_key="card", method=method, timestamp=timestamp, name=name)
    wake_worker(put)


def enqueue_earlier_reactions(delivery_id: int) -> None:
    """Let the bot add what people reacted before this delivery put the message, or the card, into its thread."""
    delivery = db.session.scalars(select(Delivery).where(Delivery.id == delivery_id)).one()
    thread, message = delivery.thread, delivery.message
    assert thread is not None  # cards and copies have one
    if message is None:
        message = db.session.scalars(select(Message).filter_by(ticket_id=thread.ticket_id, seq=1)).one()
    for emoji in reactions.list_shown(message, thread):
        enqueue_reaction(thread, message, emoji, is_added=True)


def _find_timestamp(thread: Thread, message: Message) -> str | None:
    """Return the ts of the first part of ``message`` in ``thread``; None where it is not there (yet)."""
    if message.origin_thread_id == thread.id:
        return message.origin_external_id
    copies = select(Delivery.external_id).where(
        Delivery.thread_id == thread.id,
        Delivery.message_id == message.id,
        Delivery.kind == DeliveryKind.message,
        Delivery.state == DeliveryState.sent,
        Delivery.external_id.is_not(None),
    )
    copy = db.session.scalar(copies.order_by(Delivery.part).limit(1))
    return copy or (thread.external_id if is_on_card(message) else None)
