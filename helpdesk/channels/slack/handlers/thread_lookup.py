"""Find the thread, channel, message or delivery that a Slack event is about."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from helpdesk.channels.slack.api import slack_clock
from helpdesk.channels.slack.parse import events
from helpdesk.channels.slack.parse.event_types import DeletionEvent, SlackEvent
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket

DELETED, CHANGED = "message_deleted", "message_changed"  # subtypes of Slack's
TOMBSTONE = "tombstone"  # what a deleted message with answers becomes


def find_root(payload: dict) -> tuple[str, str] | None:
    """Return (channel id, the root's ts) of whatever the payload is about; None where it is about no message."""
    event = _object_in(payload, "event")
    if event:
        inner = message_of(event)
        channel = event.get("channel") or _object_in(event, "item").get("channel")
        own_ts = event.get("deleted_ts") if inner is event and event.get("deleted_ts") else inner.get("ts")
        root = inner.get("thread_ts") or own_ts or event.get("deleted_ts")
    else:
        container = _object_in(payload, "container")
        channel = container.get("channel_id")
        root = container.get("thread_ts") or container.get("message_ts")
    return (channel, root) if isinstance(channel, str) and isinstance(root, str) else None


def message_of(event: dict) -> dict[str, Any]:
    """Return the message that ``event`` is about, as Slack shows it there; the event itself where it is new."""
    return _object_in(event, "message") or _object_in(event, "previous_message") or _object_in(event, "item") or event


def ordering_key(channel_id: str, root: str) -> str:
    """Return the key by which events of one thread are applied one after another."""
    return f"slack:{channel_id}:{root}"[:120]


def find_thread(channel_id: str, root: str | None) -> Thread | None:
    """Return the ticket's thread below this root; in a customer's channel only that customer's tickets are found."""
    found = _find_below(channel_id, root)
    return None if found is not None and has_left(found) else found


def has_ticket_left(channel_id: str, root: str) -> bool:
    """Return whether the ticket of the thread below this root was moved to another customer than the channel's."""
    found = _find_below(channel_id, root)
    return found is not None and has_left(found)


def has_left_condition(since: datetime) -> ColumnElement[bool]:
    """Return the condition of a query of threads and channels for the threads that tickets have left ``since``."""
    return and_(Thread.ended_at >= since, Thread.organization_id != Channel.organization_id)


def _find_below(channel_id: str, root: str | None) -> Thread | None:
    here = Channel.kind == "slack", Channel.external_id == channel_id, Thread.external_id == root
    return db.session.scalar(select(Thread).join(Channel, Channel.id == Thread.channel_id).where(*here))


def has_left(thread: Thread) -> bool:
    """Return whether the ticket of ``thread`` was moved to another customer than the channel's."""
    return thread.is_customers and thread.channel.organization_id != thread.organization_id


def may_be_card(channel_id: str, root: str) -> bool:
    """Return whether ``root`` may be a card of ours whose delivery has no known outcome yet."""
    posted = events.parse_ts(root)
    if posted is None:
        return False
    started_at = func.coalesce(Delivery.possibly_sent_since, Delivery.started_at)
    in_doubt = (
        select(Delivery.id)
        .join(Thread, Thread.id == Delivery.thread_id)
        .join(Channel, Channel.id == Thread.channel_id)
        .where(Channel.kind == "slack", Channel.external_id == channel_id, Thread.external_id.is_(None))
        .where(
            Delivery.kind == DeliveryKind.card,
            Delivery.state.in_((DeliveryState.sending, DeliveryState.unknown)),
            started_at <= slack_clock.to_our_time(posted) + slack_clock.MARGIN,
        )
    )
    return db.session.scalar(in_doubt.limit(1)) is not None


def find_thread_of_event(event: SlackEvent) -> Thread | None:
    """Return the ticket's thread in which ``event`` occurred."""
    found = find_thread(event.channel_id, event.thread_id or event.external_id)
    if found is None and isinstance(event, DeletionEvent) and event.thread_id is None:
        return find_thread_of_message(event.channel_id, event.external_id)
    return found


def find_thread_of_message(channel_id: str, ts: str) -> Thread | None:
    """Return the ticket's thread in which a stored message ``ts`` was written.

    Slack's reference shows a deletion without the message before it, and so without its thread
    (docs.slack.dev/reference/events/message/message_deleted).
    """
    written = (
        select(Thread)
        .join(Message, Message.origin_thread_id == Thread.id)
        .join(Channel, Channel.id == Thread.channel_id)
        .where(Channel.kind == "slack", Channel.external_id == channel_id, Message.origin_external_id == ts)
    )
    found = db.session.scalar(written.limit(1))
    return find_thread(channel_id, found.external_id) if found is not None else None


def is_active_thread(thread: Thread) -> bool:
    """Return whether messages here still reach the ticket: the thread is active, or a newer card in this channel
    replaced it.
    """
    if thread.ended_at is None:
        return True
    return bool(db.session.scalar(select(exists().where(Thread.id == thread.id, is_active_condition()))))


def is_active_condition() -> ColumnElement[bool]:
    """Return the condition of a query of threads for what ``is_active_thread`` asks of one."""
    other = aliased(Thread)
    is_replaced = exists().where(
        other.ticket_id == Thread.ticket_id, other.channel_id == Thread.channel_id, other.ended_at.is_(None)
    )
    return or_(Thread.ended_at.is_(None), is_replaced)


def find_channel(channel_id: str) -> Channel | None:
    return db.session.scalar(select(Channel).where(Channel.kind == "slack", Channel.external_id == channel_id))


def find_main_label(ticket: Ticket) -> str:
    """Return the name of the team's channel in which the ticket has a thread, "" without one."""
    ours = (
        select(Channel)
        .join(Thread, Thread.channel_id == Channel.id)
        .where(Thread.ticket_id == ticket.id, Channel.kind == "slack", Channel.audience == "team")
        .where(Thread.ended_at.is_(None))
    )
    channel = db.session.scalar(ours.order_by(Thread.id).limit(1))
    return channel.label if channel is not None else ""


def find_our_delivery(thread: Thread, ts: str) -> Delivery | None:
    """Return the delivery that put the message ``ts`` into ``thread``, if it was one of ours."""
    return db.session.scalar(
        select(Delivery)
        .where(Delivery.thread_id == thread.id, Delivery.external_id == ts)
        .order_by(Delivery.id)
        .limit(1)
    )


def find_reacted(channel_id: str, ts: str) -> tuple[Thread, Message] | None:
    """Return the message that ``ts`` is, or is a copy of, with its thread; for a card the ticket's first message."""
    if card := find_thread(channel_id, ts):
        first = select(Message).where(Message.ticket_id == card.ticket_id).order_by(Message.seq).limit(1)
        message = db.session.scalar(first)
        return (card, message) if message is not None else None
    here = Channel.kind == "slack", Channel.external_id == channel_id
    written = (
        select(Thread, Message)
        .join(Message, Message.origin_thread_id == Thread.id)
        .where(Message.origin_external_id == ts, Message.organization_id == Thread.organization_id)
    )
    copied = (
        select(Thread, Message)
        .join(Delivery, Delivery.thread_id == Thread.id)
        .join(Message, Message.id == Delivery.message_id)
        .where(Delivery.external_id == ts)
    )
    for query in (written, copied):
        row = db.session.execute(query.join(Channel, Channel.id == Thread.channel_id).where(*here).limit(1)).first()
        if row is not None and find_thread(channel_id, row.Thread.external_id) is not None:
            return row.Thread, row.Message
    return None


def find_message(thread: Thread, ts: str) -> Message | None:
    """Return the stored message ``ts`` that somebody wrote in ``thread``."""
    return db.session.scalar(
        select(Message).where(Message.origin_thread_id == thread.id, Message.origin_external_id == ts)
    )


def early_deletion_result(ts: str) -> str:
    """Return the outcome stored for a deletion that arrived before the message it is about."""
    return f"Deleted before it came: {ts}."


def was_deleted_early(event: SlackEvent) -> bool:
    """Return whether the message's deletion arrived before the message."""
    remembered = select(InboundEvent.id).where(
        InboundEvent.ordering_key == ordering_key(event.channel_id, event.thread_id or event.external_id),
        InboundEvent.result == early_deletion_result(event.external_id),
    )
    return db.session.scalar(remembered.limit(1)) is not None


def was_handled(event: SlackEvent, results: tuple[str, ...]) -> bool:
    """Return whether another event about the same message had one of these outcomes."""
    handled = select(InboundEvent.payload).where(
        InboundEvent.ordering_key == ordering_key(event.channel_id, event.thread_id or event.external_id),
        InboundEvent.result.in_(results),
    )
    return any(_object_in(payload, "event").get("ts") == event.external_id for payload in db.session.scalars(handled))


def find_early_change(event: SlackEvent) -> str | None:
    """Return the subtype of Slack's for what was done with events about a message outside tickets' threads before the
    message itself: ``message_deleted``, else ``message_changed``; None for nothing. What waits follows by itself.
    """
    received = select(InboundEvent.payload).where(
        InboundEvent.source == "slack",
        InboundEvent.ordering_key == ordering_key(event.channel_id, event.thread_id or event.external_id),
        InboundEvent.state.not_in(("waiting", "working")),
    )
    found = set()
    for payload in db.session.scalars(received):
        earlier = _object_in(payload, "event")
        if event.external_id in (earlier.get("deleted_ts"), message_of(earlier).get("ts")):
            is_tombstone = message_of(earlier).get("subtype") == TOMBSTONE
            found.add(DELETED if is_tombstone else earlier.get("subtype"))
    return next((each for each in (DELETED, CHANGED) if each in found), None)


def _object_in(owner: dict, name: str) -> dict[str, Any]:
    found = owner.get(name)
    return found if isinstance(found, dict) else {}
