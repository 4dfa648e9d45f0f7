"""Apply the deletion of files in Slack: of those that people added, and of those that we uploaded."""

from sqlalchemy import Select, select

from helpdesk.channels.slack.handlers.context import EventContext
from helpdesk.channels.slack.parse.event_types import FileDeletionEvent
from helpdesk.domain import tickets
from helpdesk.domain.inbox.results import Result, ignored_result
from helpdesk.domain.tickets import virus_scans
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread
from helpdesk.translation import N_

DELETED_FILE_REASON = N_("Its author deleted it in Slack.")


def handle_file_deletion(event: FileDeletionEvent, context: EventContext) -> Result:
    """Withdraw the files from the messages they came with; record the deletion of a file of ours."""
    ticket_id = None
    for file_id in event.file_ids:
        for message in db.session.scalars(_messages_with(file_id)).all():
            if tickets.withdraw_files(message, file_id, DELETED_FILE_REASON):
                ticket_id = message.ticket_id
        for copy in db.session.scalars(_uploads_of(file_id)).all():
            if not _was_deleted_by_us(copy):
                ticket = tickets.lock(copy.thread.ticket)
                label = copy.thread.channel.label
                tickets.add_event(ticket, "slack_deleted", None, team_only=True, what="file", channel=label)
                ticket_id = ticket.id
    if ticket_id is None:
        return ignored_result("No file of ours.")
    return Result("done", "A file was deleted in Slack.", ticket_id)


def _messages_with(file_id: str) -> Select[tuple[Message]]:
    from_slack = select(Thread.id).join(Channel, Channel.id == Thread.channel_id).where(Channel.kind == "slack")
    return (
        select(Message)
        .join(Attachment, Attachment.message_id == Message.id)
        .where(Attachment.origin_external_id == file_id, Attachment.state.in_(virus_scans.HELD_STATES))
        .where(Message.origin_thread_id.in_(from_slack) | Message.origin_thread_id.is_(None))
        .order_by(Message.id)
    )


def _uploads_of(file_id: str) -> Select[tuple[Delivery]]:
    return (
        select(Delivery)
        .join(Thread, Thread.id == Delivery.thread_id)
        .join(Channel, Channel.id == Thread.channel_id)
        .where(Channel.kind == "slack", Delivery.kind == DeliveryKind.file, Delivery.external_id == file_id)
    )


def _was_deleted_by_us(copy: Delivery) -> bool:
    ours = select(Delivery.id).where(
        Delivery.thread_id == copy.thread_id,
        Delivery.message_id == copy.message_id,
        Delivery.part == copy.part,
        Delivery.kind == DeliveryKind.delete_file,
    )
    return db.session.scalar(ours.limit(1)) is not None
