"""Turn messages into deliveries for Slack's threads: in parts that fit, with their files, edits and deletions."""

from datetime import datetime, timedelta

from sqlalchemy import select

from helpdesk import clock
from helpdesk.channels.slack import delivery_data
from helpdesk.channels.slack.render import blocks
from helpdesk.domain.outbox.channel import Destination
from helpdesk.domain.outbox.enqueue import DeliveryBatch, enqueue_delivery, wake_worker
from helpdesk.domain.outbox.fan_out import enqueue_card_update, is_on_card
from helpdesk.domain.outbox.withdrawal import WAITING_STATES, enqueue_removal, find_copies, may_be_there
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread

MAX_CARD_BODY_LENGTH = 1_200  # characters of a first message that the card shows in full
CARD_UPDATE_DELAY = timedelta(seconds=0.4)  # changes within it are one update of the card


def enqueue_card(batch: DeliveryBatch, thread_id: int, message: Message) -> None:
    """Enqueue a new ticket's card; its first message follows below it where the card cannot show all of it."""
    batch.add(thread_id, DeliveryKind.card)
    if len(message.body) <= MAX_CARD_BODY_LENGTH and all(each.is_decoration for each in message.attachments):
        return
    if db.session.scalar(select(Thread.external_id).where(Thread.id == thread_id)):
        return  # the ticket is made of a message in this thread, which shows all of it
    enqueue_parts(batch, thread_id, message, wake=False)


def enqueue_parts(batch: DeliveryBatch, thread_id: int, message: Message, wake: bool = True) -> None:
    """Enqueue all parts and files of ``message`` for a thread; the first of them wakes the worker.

    The part of a file is its place among the attachments of the message, by which it is withdrawn. What was written on
    a page waits until it can no longer be undone (``release_at``).
    """
    due_at = None if message.origin_thread_id else message.release_at
    parts = blocks.split_body(message.body) if message.body else []
    for number, text in enumerate(parts, start=1):
        batch.add(
            thread_id,
            DeliveryKind.message,
            message=message,
            part=number,
            due_at=due_at,
            wake=wake and number == 1,
            text=text,
        )
    enqueue_files(batch, thread_id, message, due_at=due_at, wake=wake and not parts)


def enqueue_files(
    batch: DeliveryBatch,
    thread_id: int,
    message: Message,
    *,
    first_part: int = 1,
    due_at: datetime | None = None,
    wake: bool = True,
) -> None:
    """Enqueue the files of ``message`` from the one at place ``first_part``; the first of them wakes the worker."""
    for number, attachment in enumerate(message.attachments, start=1):
        if attachment.is_decoration or number < first_part:
            continue
        values = {"message": message, "part": number, "due_at": due_at, "attachment": attachment.id}
        batch.add(thread_id, DeliveryKind.file, wake=wake, **values)
        wake = False


def enqueue_card_redraw(batch: DeliveryBatch, destination: Destination) -> None:
    """Schedule an update of a thread's card, unless one is waiting already."""
    if not destination.has_pending_update:
        due_at = clock.now() + CARD_UPDATE_DELAY
        batch.add(destination.id, DeliveryKind.card_update, queue_key="card", due_at=due_at, wake=False)


def enqueue_edits(thread: Thread, message: Message) -> None:
    """Bring the parts of ``message`` in ``thread`` up to date; their number may have changed."""
    copies = {copy.part: copy for copy in find_copies(thread, message) if copy.kind == DeliveryKind.message}
    if is_on_card(message):
        enqueue_card_update(message.ticket)
    if not copies:
        return
    parts = blocks.split_body(message.body) if message.body else []
    for number, text in enumerate(parts, start=1):
        copy = copies.pop(number, None)
        if copy is None:
            wake_worker(enqueue_delivery(thread, DeliveryKind.message, message=message, part=number, text=text))
        elif copy.state == DeliveryState.cancelled and not may_be_there(copy):
            continue
        else:
            if copy.state in WAITING_STATES:
                delivery_data.set_part_text(copy, text)  # if it is sent (again), then as it is now
            if not may_be_there(copy):
                continue
            revision = message.revision
            wake_worker(
                enqueue_delivery(thread, DeliveryKind.edit, message=message, part=number, revision=revision, text=text)
            )
    for surplus in copies.values():
        enqueue_removal(surplus, message)


def enqueue_deletion(copy: Delivery, message: Message) -> None:
    """Delete what ``copy`` put into its thread."""
    kind = DeliveryKind.delete_file if copy.kind == DeliveryKind.file else DeliveryKind.delete
    assert copy.thread is not None  # only a delivery in a thread is a copy
    wake_worker(enqueue_delivery(copy.thread, kind, message=message, part=copy.part, revision=message.revision))
