"""Whether an earlier try of a post did arrive: looked up in the thread, never guessed."""

from datetime import timedelta

from helpdesk import clock
from helpdesk.channels.slack import client as clients
from helpdesk.channels.slack import events, shapes, uploads
from helpdesk.channels.values import Post, Sent

MARGIN = timedelta(seconds=5)  # Slack's clock and ours differ
A_DAY = timedelta(days=1)


def find(post: Post, client: clients.Client | None = None) -> Sent | None:
    """What came of an earlier try of ``post``; None if it certainly did not arrive, or if repeating it does no harm.

    Raises ChannelError whenever the look-up itself fails: nothing is then known.
    """
    if post.method not in {"chat.postMessage", "files.upload"}:
        return None
    slack = client or clients.current()
    for message in _messages(slack, post):
        if post.method == "files.upload":
            sent = uploads.recognise(message, post.key)
            if sent:
                return sent
        elif _is_it(message, post.key):
            return Sent(message["ts"], {"channel": post.arguments["channel"], "found": True})
    return None


def _messages(slack: clients.Client, post: Post):
    channel, root = post.arguments["channel"], post.arguments.get("thread_ts")
    since = post.sent_before - MARGIN if post.sent_before else None
    if not root:
        since = since or clock.now() - A_DAY
    window = {"oldest": f"{since.timestamp():.6f}", "inclusive": True} if since else {}
    window |= {"channel": channel, "include_all_metadata": True, "limit": 200}
    if root:
        return slack.pages("conversations.replies", "messages", ts=root, **window)
    return slack.pages("conversations.history", "messages", **window)


def _is_it(message: dict, key: str) -> bool:
    metadata = shapes.part(message, "metadata")
    ours = metadata.get("event_type") == events.OUR_METADATA and message.get("ts")
    return bool(ours) and shapes.part(metadata, "event_payload").get("delivery") == key
