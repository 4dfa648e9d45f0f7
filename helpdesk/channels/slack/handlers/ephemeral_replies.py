"""What only the one who did something reads about it. Best effort: nobody relies on it."""

from helpdesk.channels.slack.render import blocks
from helpdesk.channels.types import ChannelEvent, OutboundRequest

AGENTS_ONLY_MESSAGE = "Only agents can do this. Ask an admin to invite you."


def reply_ephemerally(heard: ChannelEvent, content: dict) -> OutboundRequest:
    """An ephemeral message where ``heard`` happened; the answer to a button or command where there is one."""
    url = heard.data.get("response_url")
    if url and heard.kind == "command":
        return OutboundRequest("", "response", {"url": url, "response_type": "ephemeral", **content})
    arguments = {"channel": heard.channel_id, "user": heard.author_id, **content}
    if heard.thread_id:
        arguments["thread_ts"] = heard.thread_id
    return OutboundRequest("", "chat.postEphemeral", arguments)


def reply_sentence(heard: ChannelEvent, sentence: str) -> OutboundRequest:
    """One sentence to the one who did it."""
    return reply_ephemerally(heard, blocks.notice(sentence))


def replace_ephemeral(heard: ChannelEvent, sentence: str) -> OutboundRequest:
    """What became of a pressed button, in place of the ephemeral message it stood in."""
    url = heard.data.get("response_url")
    if not url or heard.data.get("container") != "ephemeral":
        return reply_sentence(heard, sentence)
    return OutboundRequest("", "response", {"url": url, "replace_original": True, **blocks.notice(sentence)})


def reply_to_modal(private: dict, author_id: str, content: dict) -> list[OutboundRequest]:
    """The same to somebody who sent a form that was opened at the place ``private`` remembers."""
    channel, thread = private.get("channel"), private.get("thread")
    if not isinstance(channel, str) or not channel:
        return []
    arguments = {"channel": channel, "user": author_id, **content}
    if isinstance(thread, str) and thread:
        arguments["thread_ts"] = thread
    return [OutboundRequest("", "chat.postEphemeral", arguments)]
