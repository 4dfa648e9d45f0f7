"""Fetch a message that becomes a ticket as it is now: a customer chose so by a button below it, or changed it before it
came.
"""

from helpdesk.channels.slack.api import api_errors, directory
from helpdesk.channels.slack.api import client as clients
from helpdesk.channels.slack.handlers.context import CustomerMessage
from helpdesk.channels.slack.parse import json_access, message_content
from helpdesk.channels.slack.parse.event_types import ActionEvent
from helpdesk.domain.outbox import errors

GONE_CODES = {"thread_not_found", "message_not_found", "channel_not_found", "not_in_channel"}


def fetch_offered(event: ActionEvent) -> CustomerMessage | None:
    """Return the message as it is now, None where it is gone. The button's value is "ts:root" or "ts:". Raises
    ChannelError.
    """
    ts, _, root = str(event.value or "").partition(":")
    return fetch_message(event.channel_id, ts, root) if ts else None


def fetch_message(channel_id: str, ts: str, root: str) -> CustomerMessage | None:
    """Return the message as it is now, None where it is gone; ``root`` is "" outside threads. Raises ChannelError."""
    window = {"channel": channel_id, "oldest": ts, "latest": ts, "inclusive": True, "limit": 2}
    try:
        if root:
            answer = clients.current().call("conversations.replies", ts=root, **window)
        else:
            answer = clients.current().call("conversations.history", **window)
    except (errors.PermanentError, errors.ChannelBlockedError) as refused:
        if api_errors.error_code(refused) in GONE_CODES:
            return None
        raise
    for message in json_access.objects_in(answer.get("messages")):
        if message.get("ts") == ts and message.get("subtype") != "tombstone":
            return CustomerMessage(
                channel_id,
                ts,
                root or None,
                message_content.message_markdown(message, directory.get_name),
                message_content.message_files(message),
                json_access.text_or_empty(message.get("user")),
            )
    return None
