"""Ephemeral answers that only the author of an event sees. Best effort: nothing depends on them."""

from helpdesk.channels.slack.api.requests import SlackRequest, response_url_request, web_api_request
from helpdesk.channels.slack.handlers import thread_lookup
from helpdesk.channels.slack.parse.event_types import ActionEvent, CommandEvent, SlackEvent
from helpdesk.channels.slack.render import blocks
from helpdesk.translation import lazy_gettext

AGENTS_ONLY_MESSAGE = lazy_gettext("Only agents can do this. Ask an admin to invite you.")


def reply_ephemerally(event: SlackEvent, content: dict) -> SlackRequest:
    """Make an ephemeral message where ``event`` occurred; the answer to a command at its response URL."""
    url = event.response_url
    if url and isinstance(event, CommandEvent):
        return response_url_request(url, event.author_id, response_type="ephemeral", **content)
    arguments = {"channel": event.channel_id, "user": event.author_id, **content}
    if event.thread_id:
        arguments["thread_ts"] = event.thread_id
    return web_api_request("chat.postEphemeral", arguments)


def reply_sentence(event: SlackEvent, sentence: str) -> SlackRequest:
    """Make an ephemeral message of one sentence to the author of the event."""
    return reply_ephemerally(event, blocks.notice(sentence))


def replace_ephemeral(event: SlackEvent, sentence: str) -> SlackRequest:
    """Replace the ephemeral message that contains the pressed button with a sentence about the result."""
    return replace_ephemeral_content(event, blocks.notice(sentence))


def replace_ephemeral_content(event: SlackEvent, content: dict) -> SlackRequest:
    """Replace the ephemeral message that contains the pressed button."""
    url = event.response_url
    if not url or not isinstance(event, ActionEvent) or event.container != "ephemeral":
        return reply_ephemerally(event, content)
    return response_url_request(url, event.author_id, replace_original=True, **content)


def reply_to_modal(private: dict, author_id: str, content: dict) -> list[SlackRequest]:
    """Make an ephemeral message to the sender of a modal, at the place where it was opened according to ``private``;
    a direct message where there is none.
    """
    channel, thread, url = (private.get(name) for name in ("channel", "thread", "url"))
    known = isinstance(channel, str) and thread_lookup.find_channel(channel) is not None
    if not known and isinstance(url, str) and url:
        return [response_url_request(url, author_id, response_type="ephemeral", replace_original=False, **content)]
    if not known:  # a form of the home page, or in a channel that the app may not be in
        return [web_api_request("chat.postMessage", {"channel": author_id, **content})]
    arguments = {"channel": channel, "user": author_id, **content}
    if isinstance(thread, str) and thread:
        arguments["thread_ts"] = thread
    return [web_api_request("chat.postEphemeral", arguments)]
