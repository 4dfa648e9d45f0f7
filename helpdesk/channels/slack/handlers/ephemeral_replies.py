"""What only the one who did something reads about it. Best effort: nobody relies on it."""

from helpdesk.channels.slack.api.requests import SlackRequest, response_url_request, web_api_request
from helpdesk.channels.slack.parse.event_types import ActionEvent, CommandEvent, SlackEvent
from helpdesk.channels.slack.render import blocks

AGENTS_ONLY_MESSAGE = "Only agents can do this. Ask an admin to invite you."


def reply_ephemerally(heard: SlackEvent, content: dict) -> SlackRequest:
    """An ephemeral message where ``heard`` happened; the answer to a button or command where there is one."""
    url = heard.response_url
    if url and isinstance(heard, CommandEvent):
        return response_url_request(url, response_type="ephemeral", **content)
    arguments = {"channel": heard.channel_id, "user": heard.author_id, **content}
    if heard.thread_id:
        arguments["thread_ts"] = heard.thread_id
    return web_api_request("chat.postEphemeral", arguments)


def reply_sentence(heard: SlackEvent, sentence: str) -> SlackRequest:
    """One sentence to the one who did it."""
    return reply_ephemerally(heard, blocks.notice(sentence))


def replace_ephemeral(heard: SlackEvent, sentence: str) -> SlackRequest:
    """What became of a pressed button, in place of the ephemeral message it stood in."""
    url = heard.response_url
    if not url or not isinstance(heard, ActionEvent) or heard.container != "ephemeral":
        return reply_sentence(heard, sentence)
    return response_url_request(url, replace_original=True, **blocks.notice(sentence))


def reply_to_modal(private: dict, author_id: str, content: dict) -> list[SlackRequest]:
    """The same to somebody who sent a form that was opened at the place ``private`` remembers."""
    channel, thread = private.get("channel"), private.get("thread")
    if not isinstance(channel, str) or not channel:
        return []
    arguments = {"channel": channel, "user": author_id, **content}
    if isinstance(thread, str) and thread:
        arguments["thread_ts"] = thread
    return [web_api_request("chat.postEphemeral", arguments)]
