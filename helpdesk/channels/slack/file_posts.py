"""The files of one message, which go into a thread as one post: each has a delivery of its own, and the first of those
that wait takes the others along.

A file that was taken along is recorded as sent with its own id in Slack, so that it can be removed by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import aliased

from helpdesk import clock
from helpdesk.channels.slack import delivery_data
from helpdesk.channels.slack.message_parts import enqueue_deletion
from helpdesk.domain import locking
from helpdesk.domain.outbox.channel import SendResult
from helpdesk.domain.tickets import virus_scans
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.thread import Thread

# files.completeUploadExternal answers internal_error for more than 14 (python-slack-sdk#1653); people may add 10 files.
MAX_FILES = 10


@dataclass(frozen=True)
class FilePost:
    """The files to post: each delivery with its attachment, the first one's first; ``names`` of all files of the
    message by the ids of their deliveries; ``is_awaited``: one of them is not scanned for viruses yet.
    """

    files: Sequence[tuple[Delivery, Attachment]]
    names: dict[int, str]
    is_awaited: bool


def can_be_uploaded(attachment: Attachment) -> bool:
    """Return whether Slack can be given the file; otherwise a sentence about it is posted."""
    return attachment.state == virus_scans.STORED and attachment.size > 0


def plan_post(delivery: Delivery) -> FilePost:
    """Return what to post with ``delivery``, which sends a file that can be uploaded or is awaited."""
    copies = db.session.scalars(
        select(Delivery)
        .where(
            Delivery.thread_id == delivery.thread_id,
            Delivery.message_id == delivery.message_id,
            Delivery.kind == DeliveryKind.file,
        )
        .order_by(Delivery.id)
    ).all()
    ids = {copy.id: delivery_data.attachment_id(copy) for copy in copies}
    rows = db.session.scalars(select(Attachment).where(Attachment.id.in_(ids.values())))
    attachments = {attachment.id: attachment for attachment in rows}
    together = [copy for copy in copies if copy.id == delivery.id or _can_join(copy, delivery)]
    found = [(copy, attachments[ids[copy.id]]) for copy in together if ids[copy.id] in attachments]
    ready = [(copy, attachment) for copy, attachment in found if can_be_uploaded(attachment)]
    names = {id: attachments[each].name for id, each in ids.items() if each in attachments}
    is_awaited = any(virus_scans.is_awaited(attachment) for _, attachment in found)
    return FilePost(ready[:MAX_FILES], names, is_awaited)


def record_files(delivery_id: int, sent: SendResult) -> None:
    """Record which files went along with a delivery that was sent; the ticket is locked.

    One that was withdrawn or left out while the post was on its way is removed again.
    """
    files = {int(id): file_id for id, file_id in sent.extra.get("files", {}).items() if int(id) != delivery_id}
    if not files:
        return
    key = db.session.scalar(select(Delivery.key).where(Delivery.id == delivery_id))
    for copy in locking.lock_deliveries(Delivery.id.in_(files), Delivery.state != DeliveryState.sent):
        is_unwanted = copy.state == DeliveryState.cancelled
        copy.state, copy.external_id, copy.finished_at = DeliveryState.sent, files[copy.id], clock.now()
        copy.reason = copy.lease_until = copy.possibly_sent_since = None
        copy.data = delivery_data.with_post(copy, files[copy.id], str(key), sent.extra)
        if is_unwanted and copy.message is not None:
            enqueue_deletion(copy, copy.message)
    db.session.flush()


def shows_others(copy: Delivery) -> bool:
    """Return whether the message with the file of ``copy`` shows another file that stays, or may stay, there."""
    other_thread, this_thread = aliased(Thread), aliased(Thread)
    removed = set(
        db.session.scalars(
            select(Delivery.part)
            .join(other_thread, other_thread.id == Delivery.thread_id)
            .join(this_thread, this_thread.channel_id == other_thread.channel_id)
            .where(this_thread.id == copy.thread_id, other_thread.ticket_id == this_thread.ticket_id)
            .where(Delivery.message_id == copy.message_id, Delivery.kind == DeliveryKind.delete_file)
        )
    )
    posted = db.session.scalars(
        select(Delivery).where(
            Delivery.thread_id == copy.thread_id,
            Delivery.message_id == copy.message_id,
            Delivery.kind == DeliveryKind.file,
            Delivery.state == DeliveryState.sent,
        )
    )
    key = delivery_data.post_key(copy)
    return any(each.part not in removed for each in posted if delivery_data.post_key(each) == key)


def _can_join(copy: Delivery, first: Delivery) -> bool:
    """Whether ``copy`` waits behind ``first``, and may leave now as well."""
    return copy.id > first.id and copy.state == DeliveryState.pending and copy.due_at <= clock.now()
