"""Find out whether an earlier attempt of a post arrived, by looking it up in the thread."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from helpdesk import clock
from helpdesk.channels.slack.api import client as clients
from helpdesk.channels.slack.api import uploads
from helpdesk.channels.slack.api.requests import FileUpload, SlackRequest, WebApiCall
from helpdesk.channels.slack.parse import events, json_access
from helpdesk.domain.outbox.channel import SendResult

SEARCH_MARGIN = timedelta(seconds=5)  # Slack's clock and ours differ
MAX_SEARCH_PERIOD = timedelta(days=1)


def find(request: SlackRequest, client: clients.Client | None = None) -> SendResult | None:
    """Return the result of an earlier attempt of ``request``; None if it certainly did not arrive, or if repeating it
    does no harm.

    Raises ChannelError whenever the look-up itself fails: the outcome is then unknown.
    """
    slack = client or clients.current()
    match request.content:
        case FileUpload(channel=channel, thread_ts=root):
            for message in _list_messages(slack, channel, root, request.possibly_sent_since):
                sent = uploads.match_upload(message, request.key)
                if sent:
                    return sent
        case WebApiCall(method="chat.postMessage", arguments=arguments):
            channel, root = arguments["channel"], arguments.get("thread_ts")
            for message in _list_messages(slack, channel, root, request.possibly_sent_since):
                if _matches_key(message, request.key):
                    return SendResult(message["ts"], {"channel": channel, "found": True})
    return None


def _list_messages(
    slack: clients.Client, channel: str, root: str | None, possibly_sent_since: datetime | None
) -> Iterable[dict[str, Any]]:
    since = possibly_sent_since - SEARCH_MARGIN if possibly_sent_since else None
    if not root:
        since = since or clock.now() - MAX_SEARCH_PERIOD
    window: dict[str, Any] = {"oldest": f"{since.timestamp():.6f}", "inclusive": True} if since else {}
    window |= {"channel": channel, "include_all_metadata": True, "limit": 200}
    if root:
        return slack.pages("conversations.replies", "messages", ts=root, **window)
    return slack.pages("conversations.history", "messages", **window)


def _matches_key(message: dict, key: str) -> bool:
    metadata = json_access.object_in(message, "metadata")
    ours = metadata.get("event_type") == events.METADATA_EVENT_TYPE and message.get("ts")
    return bool(ours) and json_access.object_in(metadata, "event_payload").get("delivery") == key
