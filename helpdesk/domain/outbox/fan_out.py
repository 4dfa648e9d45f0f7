"""Add deliveries for a message to every thread of its ticket, except its origin and those that may not read it."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, exists, insert, select
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.database import transactions
from helpdesk.domain import locking
from helpdesk.domain.administration import settings
from helpdesk.domain.outbox import registry, repeated_events, withdrawal
from helpdesk.domain.outbox.channel import NewThread
from helpdesk.domain.outbox.enqueue import DeliveryBatch
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext

UNTRIED_STATES = (DeliveryState.pending, DeliveryState.cancelled)

_thread, _channel = Thread.__table__, Channel.__table__
# Built once: every message executes these.
THREADS_QUERY = (
    select(Thread).where(Thread.ticket_id == bindparam("ticket_id"), Thread.ended_at.is_(None)).order_by(Thread.id)
)
_waits = exists().where(
    Delivery.thread_id == Thread.id,
    Delivery.kind == DeliveryKind.card_update,
    Delivery.state == DeliveryState.pending,
)
_destinations = (
    select(*_thread.c["id", "user_id"], *_channel.c["kind", "audience"], _waits.label("has_pending_update"))
    .select_from(_thread.join(_channel))
    .where(_thread.c.ended_at.is_(None))
    .order_by(_thread.c.id)
)
DESTINATIONS_QUERY = _destinations.where(_thread.c.ticket_id == bindparam("ticket_id"))
DESTINATIONS_OF_TICKETS_QUERY = _destinations.where(_thread.c.ticket_id.in_(bindparam("ticket_ids", expanding=True)))
# The organization's own channel, the team's triage channel, and those that serve every customer.
NEW_TICKET_CHANNELS_QUERY = (
    select(*_channel.c["id", "kind"])
    .where(
        (
            (_channel.c.organization_id == bindparam("organization_id"))
            & _channel.c.is_default
            & (_channel.c.audience == "customer")
        )
        | ((_channel.c.external_id == bindparam("triage")) & (_channel.c.audience == "team"))
        | (_channel.c.organization_id.is_(None) & (_channel.c.audience == "customer")),
        _channel.c.removed_at.is_(None),
    )
    .order_by(_channel.c.audience.desc(), _channel.c.id)
)
INSERT_THREADS_STATEMENT = insert(_thread).returning(_thread.c.id, sort_by_parameter_order=True)


def enqueue_new_ticket(
    ticket: Ticket, message: Message, origin: NewThread | None = None, came_by: repeated_events.Origin | None = None
) -> None:
    """Create the threads of a new ticket, in all channels that concern it, and add their first deliveries.

    ``origin`` is the conversation that the ticket was made in; it takes the place of a new one in its channel.
    ``came_by`` is the event of a channel that it was made from outside such a conversation.
    """
    parameters = {"organization_id": ticket.organization_id, "triage": settings.get("triage_channel")}
    channel_ids: dict[str, list[int]] = defaultdict(list)
    for row in transactions.execute_core(NEW_TICKET_CHANNELS_QUERY, parameters):
        channel_ids[row.kind].append(row.id)
    channels = registry.list_channels()
    wanted = [(each, new) for each in channels for new in each.threads_for_new_ticket(ticket, channel_ids[each.kind])]
    if origin is not None:
        kind = db.session.get_one(Channel, origin.channel_id).kind
        wanted = [(each, new) for each, new in wanted if new.channel_id != origin.channel_id]
        wanted.append((registry.get_channel(kind), origin))
    if wanted:
        ticket_values = {"ticket_id": ticket.id, "organization_id": ticket.organization_id}
        rows = [ticket_values | asdict(new) for _, new in wanted]
        batch = DeliveryBatch()
        thread_ids = transactions.execute_core(INSERT_THREADS_STATEMENT, rows).scalars()
        for (channel, _), thread_id in zip(wanted, thread_ids, strict=True):
            channel.enqueue_new_ticket(batch, thread_id, ticket, message)
        repeated_events.complete_rows(batch.rows, came_by or repeated_events.find_origin_of_ticket(origin))
        batch.write()
    _notify_channels(ticket.id)


def fan_out_message(message: Message) -> None:
    """Add the deliveries of a new message. A reply also updates the cards of the ticket, which show it."""
    batch = DeliveryBatch()
    for destination in _load_destinations(message.ticket_id):
        channel = registry.get_channel(destination.kind)
        if not message.is_note:
            channel.enqueue_ticket_update(batch, destination)
        if _is_left_out(destination, message):
            continue
        channel.enqueue_message(batch, destination, message)
    repeated_events.complete_rows(batch.rows, repeated_events.find_origin(message))
    batch.write()
    if not message.is_note:
        _notify_channels(message.ticket_id)


def announce_published(message: Message) -> None:
    """Inform every channel that a held reply became public."""
    for channel in registry.list_channels():
        channel.on_reply_published(message)


def fan_out_edit(message: Message) -> None:
    """Update the copies of an edited message where the channel can. Unsent ones are rendered when sent."""
    copies = withdrawal.lock_copies(message)
    threads = _load_threads(message.ticket_id)
    channel_ids = {thread.channel_id for thread in threads if thread.user_id is None}
    # Below a card that somebody deleted: the thread that took its place is in the same channel, for the same readers.
    former = {copy.thread for copy in copies if copy.thread is not None and copy.thread.ended_at is not None}
    threads += [thread for thread in former if thread.user_id is None and thread.channel_id in channel_ids]
    for thread in sorted(threads, key=lambda each: each.id):
        if thread.id != message.origin_thread_id and registry.is_registered(thread.channel.kind):
            registry.get_channel(thread.channel.kind).enqueue_edit(thread, message)


def fan_out_files(message: Message, first_part: int) -> None:
    """Add the deliveries of files that were added to ``message`` afterwards, from the one at place ``first_part``."""
    batch = DeliveryBatch()
    for destination in _load_destinations(message.ticket_id):
        if _is_left_out(destination, message):
            continue
        registry.get_channel(destination.kind).enqueue_files(batch, destination, message, first_part)
    batch.write()


def fan_out_deletion(*messages: Message) -> None:
    """Remove the copies of deleted messages where the channel can, also from former threads; sent mail remains.

    Their tickets must be locked.
    """
    by_id = {message.id: message for message in messages}
    copies = withdrawal.lock_copies(*messages)
    if len(messages) > 1:  # at once, in place of each when it is asked for; the session keeps what has a name
        found = select(Thread).where(Thread.id.in_({copy.thread_id for copy in copies}))
        _threads = db.session.scalars(found.options(joinedload(Thread.channel))).all()
    for copy in copies:
        message = by_id[copy.message_id or 0]
        if copy.thread_id != message.origin_thread_id:
            withdrawal.enqueue_removal(copy, message)
    enqueue_card_updates({message.ticket_id for message in messages if is_on_card(message)})


def retract_from_customers(message: Message) -> None:
    """Remove the copies of a message that became a note from every thread that customers read.

    In the team's threads it is shown as a note.
    """
    for copy in withdrawal.lock_copies(message):
        if copy.thread is not None and copy.thread.is_customers:
            withdrawal.enqueue_removal(copy, message)
    for thread in _load_threads(message.ticket_id):
        is_copy = thread.id != message.origin_thread_id and not thread.is_customers
        if is_copy and registry.is_registered(thread.channel.kind):
            registry.get_channel(thread.channel.kind).enqueue_edit(thread, message)


def remove_copies(message: Message, kind: DeliveryKind, part: int) -> None:
    """Remove one part of ``message``, such as its second file, from every thread where it was or will be sent."""
    for copy in withdrawal.lock_copies(message):
        if copy.kind == kind and copy.part == part:
            withdrawal.enqueue_removal(copy, message)


def enqueue_card_update(ticket: Ticket) -> None:
    """Update the ticket's cards, once for several changes in short time. The ticket must be locked."""
    _update_cards(_load_destinations(ticket.id))
    _notify_channels(ticket.id)


def enqueue_card_updates(ticket_ids: Collection[int]) -> None:
    """Update the cards of several tickets, which must be locked."""
    if not ticket_ids:
        return
    rows = transactions.execute_core(DESTINATIONS_OF_TICKETS_QUERY, {"ticket_ids": sorted(ticket_ids)})
    _update_cards([row for row in rows if registry.is_registered(row.kind)])
    for ticket_id in sorted(ticket_ids):
        _notify_channels(ticket_id)


def _update_cards(destinations: Iterable[Row[*tuple[Any, ...]]]) -> None:
    batch = DeliveryBatch()
    for destination in destinations:
        registry.get_channel(destination.kind).enqueue_ticket_update(batch, destination)
    batch.write()


def enqueue_ticket_mail(
    ticket: Ticket,
    kind: DeliveryKind,
    *,
    except_user: User | None = None,
    due_at: datetime | None = None,
    **data: Any,
) -> None:
    """Notify the requester that the ticket was solved or closes soon, unless they are ``except_user``.

    Not before ``due_at``, if that is given.
    """
    if except_user is not None and except_user.id == ticket.requester_id:
        return
    for channel in registry.list_channels():
        channel.enqueue_notification(ticket, kind, data, due_at)


def open_mail_thread(ticket: Ticket, user: User) -> None:
    """Write to ``user`` about ``ticket`` from now on, by every channel that writes to persons."""
    for channel in registry.list_channels():
        channel.open_personal_thread(ticket, user)


def end_mail_thread(ticket: Ticket, user: User) -> None:
    """Stop writing to ``user`` about ``ticket``; the reply address becomes invalid."""
    for thread in _load_threads(ticket.id):
        if thread.user_id == user.id:
            thread.ended_at = clock.now()
            thread.nonce = thread.token_hash = None
            withdrawal.cancel_waiting([thread.id], gettext("No longer follows this ticket."))


def delete_unsent(message: Message) -> bool:
    """Delete the deliveries of a new message; False, and none is deleted, if one of them was tried."""
    copies = locking.lock_deliveries(Delivery.message_id == message.id)
    if any(copy.attempts or copy.state not in UNTRIED_STATES for copy in copies):
        return False
    for copy in copies:
        db.session.delete(copy)
    db.session.flush()
    return True


def delete_unsent_solved_mail(ticket: Ticket) -> None:
    """Delete the mails that the ticket was solved which are not due yet."""
    threads = select(Thread.id).where(Thread.ticket_id == ticket.id)
    waiting = (
        Delivery.thread_id.in_(threads),
        Delivery.kind == DeliveryKind.solved,
        Delivery.state == DeliveryState.pending,
        Delivery.attempts == 0,
        Delivery.due_at > clock.now(),
    )
    for delivery in locking.lock_deliveries(*waiting):
        db.session.delete(delivery)


def is_on_card(message: Message) -> bool:
    """Whether the root message of the ticket's threads shows ``message``."""
    return message.seq == 1


def _is_left_out(destination: Row[*tuple[Any, ...]], message: Message) -> bool:
    return destination.id == message.origin_thread_id or (message.is_note and destination.audience == "customer")


def _load_destinations(ticket_id: int) -> list[Row[*tuple[Any, ...]]]:
    rows = transactions.execute_core(DESTINATIONS_QUERY, {"ticket_id": ticket_id})
    return [row for row in rows if registry.is_registered(row.kind)]


def _load_threads(ticket_id: int) -> list[Thread]:
    return list(db.session.scalars(THREADS_QUERY, {"ticket_id": ticket_id}))


def _notify_channels(ticket_id: int) -> None:
    for channel in registry.list_channels():
        channel.on_ticket_changed(ticket_id)
