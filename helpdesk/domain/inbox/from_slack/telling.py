"""What only the one who did something reads about it. Best effort: nobody relies on it."""

from helpdesk.channels.slack import blocks
from helpdesk.channels.values import Heard, Post

AGENTS_ONLY = "Only agents can do this. Ask an admin to invite you."


def tell(heard: Heard, content: dict) -> Post:
    """An ephemeral message where ``heard`` happened; the answer to a button or command where there is one."""
    url = heard.data.get("response_url")
    if url and heard.kind == "command":
        return Post("", "response", {"url": url, "response_type": "ephemeral", **content})
    arguments = {"channel": heard.channel_id, "user": heard.author_id, **content}
    if heard.thread_id:
        arguments["thread_ts"] = heard.thread_id
    return Post("", "chat.postEphemeral", arguments)


def say(heard: Heard, sentence: str) -> Post:
    """One sentence to the one who did it."""
    return tell(heard, blocks.notice(sentence))


def replace(heard: Heard, sentence: str) -> Post:
    """What became of a pressed button, in place of the ephemeral message it stood in."""
    url = heard.data.get("response_url")
    if not url or heard.data.get("container") != "ephemeral":
        return say(heard, sentence)
    return Post("", "response", {"url": url, "replace_original": True, **blocks.notice(sentence)})


def where(private: dict, author_id: str, content: dict) -> list[Post]:
    """The same to somebody who sent a form that was opened at the place ``private`` remembers."""
    channel, thread = private.get("channel"), private.get("thread")
    if not isinstance(channel, str) or not channel:
        return []
    arguments = {"channel": channel, "user": author_id, **content}
    if isinstance(thread, str) and thread:
        arguments["thread_ts"] = thread
    return [Post("", "chat.postEphemeral", arguments)]
