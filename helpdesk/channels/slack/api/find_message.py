"""Whether an earlier try of a post did arrive: looked up in the thread, never guessed."""

from datetime import timedelta

from helpdesk import clock
from helpdesk.channels.slack.api import client as clients
from helpdesk.channels.slack.api import uploads
from helpdesk.channels.slack.parse import events, json_access
from helpdesk.channels.types import OutboundRequest, SendResult

SEARCH_MARGIN = timedelta(seconds=5)  # Slack's clock and ours differ
MAX_SEARCH_PERIOD = timedelta(days=1)


def find(post: OutboundRequest, client: clients.Client | None = None) -> SendResult | None:
    """What came of an earlier try of ``post``; None if it certainly did not arrive, or if repeating it does no harm.

    Raises ChannelError whenever the look-up itself fails: nothing is then known.
    """
    if post.method not in {"chat.postMessage", "files.upload"}:
        return None
    slack = client or clients.current()
    for message in _list_messages(slack, post):
        if post.method == "files.upload":
            sent = uploads.match_upload(message, post.key)
            if sent:
                return sent
        elif _matches_key(message, post.key):
            return SendResult(message["ts"], {"channel": post.arguments["channel"], "found": True})
    return None


def _list_messages(slack: clients.Client, post: OutboundRequest):
    channel, root = post.arguments["channel"], post.arguments.get("thread_ts")
    since = post.sent_before - SEARCH_MARGIN if post.sent_before else None
    if not root:
        since = since or clock.now() - MAX_SEARCH_PERIOD
    window = {"oldest": f"{since.timestamp():.6f}", "inclusive": True} if since else {}
    window |= {"channel": channel, "include_all_metadata": True, "limit": 200}
    if root:
        return slack.pages("conversations.replies", "messages", ts=root, **window)
    return slack.pages("conversations.history", "messages", **window)


def _matches_key(message: dict, key: str) -> bool:
    metadata = json_access.object_in(message, "metadata")
    ours = metadata.get("event_type") == events.METADATA_EVENT_TYPE and message.get("ts")
    return bool(ours) and json_access.object_in(metadata, "event_payload").get("delivery") == key
