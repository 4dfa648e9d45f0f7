"""Delete messages of ours that Slack put into a channel instead of the thread they were for."""

from sqlalchemy import select

from helpdesk.channels.slack.api import client as clients
from helpdesk.channels.slack.parse import events, json_access
from helpdesk.database import transactions
from helpdesk.domain.outbox import errors
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind

THREADED_KINDS = (DeliveryKind.message, DeliveryKind.line, DeliveryKind.file)


def delete_if_unthreaded(channel_id: str, message: dict) -> bool:
    """Delete ``message`` of a channel's history if it is ours and was meant for a thread. Returns whether it was.

    It is deleted right after it was posted (``send``); what is found here is left of a worker that ended meanwhile.
    The delivery itself is sent again below a new card.
    """
    metadata = json_access.object_in(message, "metadata")
    key = json_access.object_in(metadata, "event_payload").get("delivery")
    if metadata.get("event_type") != events.METADATA_EVENT_TYPE or not isinstance(key, str):
        return False
    if message.get("thread_ts") not in (None, message.get("ts")):
        return False
    with transactions.read_only():
        is_for_thread = Delivery.thread_id.is_not(None)  # a line for the whole team is for none
        kind = db.session.scalar(select(Delivery.kind).where(Delivery.key == key, is_for_thread))
    if kind not in THREADED_KINDS:
        return False
    try:
        clients.current().call("chat.delete", channel=channel_id, ts=message["ts"])
    except errors.ChannelError:
        return False  # the next turn tries again
    return True
