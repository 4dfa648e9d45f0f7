"""Recognise what was sent already for an event that is applied a second time.

After a database server without the latest commits took over, a channel may bring events again whose messages and
deliveries are gone, while the other channels have what was sent. The deliveries of a channel's event therefore have
keys that are derived from it, and are looked for before they are sent if the event is older than the takeover.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from helpdesk import key_derivation
from helpdesk.domain.outbox import failover, registry
from helpdesk.domain.outbox.channel import NewThread
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread

KEY_LENGTH = 32
POST_KINDS = (DeliveryKind.card, DeliveryKind.message, DeliveryKind.file)  # the others may be repeated


@dataclass(frozen=True)
class Origin:
    """The event of a channel that deliveries are made from.

    ``identity`` is the same text each time it is applied; ``said_at`` is our time of it, None if it is not known.
    """

    identity: str
    said_at: datetime | None = None


def find_origin(message: Message) -> Origin | None:
    """Return the event that ``message`` came by; None for one that was written on a page."""
    if message.origin_thread_id is None or message.origin_external_id is None:
        return None
    thread = db.session.get_one(Thread, message.origin_thread_id)
    if not registry.is_registered(thread.channel.kind):
        return None
    place = thread.external_id or f"thread {thread.id}"
    said_at = registry.get_channel(thread.channel.kind).said_at(message.origin_external_id)
    return Origin(f"message {thread.channel_id} {place} {message.origin_external_id}", said_at)


def find_origin_of_ticket(thread: NewThread | None) -> Origin | None:
    """Return the event by which a ticket was made in a conversation that was there before; None if it was not."""
    if thread is None or thread.external_id is None:
        return None
    channel = registry.get_channel(db.session.get_one(Channel, thread.channel_id).kind)
    said_at = channel.said_at(thread.filed_ts) if thread.filed_ts else None
    return Origin(f"ticket {thread.channel_id} {thread.external_id}", said_at)


def complete_rows(rows: list[dict[str, Any]], origin: Origin | None) -> None:
    """Give new rows of deliveries made from ``origin`` their keys, and have them looked for first where that is needed.

    A key that another delivery has already stays its own; the row then gets a new one. Without ``origin``, nothing is
    done.
    """
    if origin is None or not rows:
        return
    threads = select(Thread.id, Thread.user_id, Channel.id, Channel.kind).join(Channel)
    found = db.session.execute(threads.where(Thread.id.in_({row["thread_id"] for row in rows})))
    places = {id: (f"{channel_id} {user_id or ''}", kind) for id, user_id, channel_id, kind in found}
    keys = [_make_key(origin, places[row["thread_id"]][0], row) for row in rows]
    taken = set(db.session.scalars(select(Delivery.key).where(Delivery.key.in_(keys))))
    look_at = failover.look_after_takeover(origin.said_at)
    for row, key in zip(rows, keys, strict=True):
        is_post, channel = row["kind"] in POST_KINDS, registry.get_channel(places[row["thread_id"]][1])
        row |= {"key": key if is_post and key not in taken else Delivery.make_key(), "state": DeliveryState.pending}
        row |= {"possibly_sent_since": None, "reason": None}
        taken.add(key)
        if look_at is not None and is_post and channel.removes_copies:
            row |= {"state": DeliveryState.unknown, "reason": failover.LOOKING_REASON}
            row |= {"possibly_sent_since": origin.said_at or row["due_at"], "due_at": max(row["due_at"], look_at)}


def _make_key(origin: Origin, place: str, row: dict[str, Any]) -> str:
    text = f"{origin.identity} {place} {row['kind']} {row['part']}"
    return key_derivation.sign(key_derivation.Purpose.DELIVERY, text).hex()[:KEY_LENGTH]
