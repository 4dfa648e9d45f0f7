"""Ephemeral answers that only the author of an event sees. Best effort: nothing depends on them."""

from helpdesk.channels.slack.api.requests import SlackRequest, response_url_request, web_api_request
from helpdesk.channels.slack.parse.event_types import ActionEvent, CommandEvent, SlackEvent
from helpdesk.channels.slack.render import blocks

AGENTS_ONLY_MESSAGE = "Only agents can do this. Ask an admin to invite you."


def reply_ephemerally(event: SlackEvent, content: dict) -> SlackRequest:
    """Make an ephemeral message where ``event`` occurred; the answer to a command at its response URL."""
    url = event.response_url
    if url and isinstance(event, CommandEvent):
        return response_url_request(url, response_type="ephemeral", **content)
    arguments = {"channel": event.channel_id, "user": event.author_id, **content}
    if event.thread_id:
        arguments["thread_ts"] = event.thread_id
    return web_api_request("chat.postEphemeral", arguments)


def reply_sentence(event: SlackEvent, sentence: str) -> SlackRequest:
    """Make an ephemeral message of one sentence to the author of the event."""
    return reply_ephemerally(event, blocks.notice(sentence))


def replace_ephemeral(event: SlackEvent, sentence: str) -> SlackRequest:
    """Replace the ephemeral message that contains the pressed button with a sentence about the result."""
    url = event.response_url
    if not url or not isinstance(event, ActionEvent) or event.container != "ephemeral":
        return reply_sentence(event, sentence)
    return response_url_request(url, replace_original=True, **blocks.notice(sentence))


def reply_to_modal(private: dict, author_id: str, content: dict) -> list[SlackRequest]:
    """Make an ephemeral message to the sender of a modal, at the place where it was opened according to ``private``."""
    channel, thread = private.get("channel"), private.get("thread")
    if not isinstance(channel, str) or not channel:
        return []
    arguments = {"channel": channel, "user": author_id, **content}
    if isinstance(thread, str) and thread:
        arguments["thread_ts"] = thread
    return [web_api_request("chat.postEphemeral", arguments)]
