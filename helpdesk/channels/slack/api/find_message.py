"""Find out whether an earlier attempt of a post arrived, by looking it up in its thread or channel.

A post has our key in its metadata. Where Slack returns a post of ours without metadata, it is recognised by author,
text and time, unless another delivery is known to have made it. Times are Slack's (``slack_clock``).
"""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from helpdesk.channels.slack.api import api_errors, directory, slack_clock, upload_keys, uploads
from helpdesk.channels.slack.api import client as clients
from helpdesk.channels.slack.api.requests import FileUpload, SlackRequest, WebApiCall
from helpdesk.channels.slack.parse import events, json_access
from helpdesk.domain.outbox import errors
from helpdesk.domain.outbox.channel import SendResult

METADATA_SCOPE = "metadata.message:read"
MARKUP_PATTERN = re.compile(r"<[^<>|]*\|([^<>]*)>|:[\w+-]+:|&\w+;|[\W_]+")

Message = dict[str, Any]


def find(
    request: SlackRequest, client: clients.Client | None = None, is_known: Callable[[str], bool] = lambda ts: False
) -> SendResult | None:
    """Return the result of an earlier attempt of ``request``; None if it certainly did not arrive, or if repeating it
    does no harm.

    ``is_known``: whether the message with a ts is recorded as another delivery's. Raises ChannelError whenever the
    look-up itself fails: the outcome is then unknown.
    """
    slack = client or clients.current()
    match request.content:
        case FileUpload(channel=channel, thread_ts=root, names=names, former_roots=former):
            for message in list_candidates(slack, channel, root, former, request.possibly_sent_since):
                sent = upload_keys.match_upload(
                    message, request.key, names, lambda file: uploads.fetch_title(slack, file)
                )
                if sent:
                    return sent
        case WebApiCall(method="chat.postMessage", arguments=arguments, former_roots=former):
            channel, root = arguments["channel"], arguments.get("thread_ts")
            without_metadata = []
            for message in list_candidates(slack, channel, root, former, request.possibly_sent_since):
                if find_key(message) == request.key:
                    return _make_result(message, channel)
                if not message.get("metadata"):
                    without_metadata.append(message)
            for message in without_metadata:
                if _is_alike(slack, message, arguments, request.possibly_sent_since) and not is_known(message["ts"]):
                    return _make_result(message, channel)
    return None


def find_key(message: Message) -> str:
    """Return the key of the delivery that made ``message``; "" where its metadata names none."""
    metadata = json_access.object_in(message, "metadata")
    if metadata.get("event_type") != events.METADATA_EVENT_TYPE or not message.get("ts"):
        return ""
    return str(json_access.object_in(metadata, "event_payload").get("delivery") or "")


def list_candidates(
    slack: clients.Client, channel: str, root: str | None, former_roots: Iterable[str], since: datetime | None
) -> Iterable[Message]:
    """Yield the messages of the thread or channel, then those of the threads that it replaced, as far as they exist."""
    yield from list_messages(slack, channel, root, since)
    for former in former_roots:
        try:
            yield from list_messages(slack, channel, former, since)
        except errors.PermanentError as refused:
            if api_errors.error_code(refused) != "thread_not_found":
                raise


def list_messages(
    slack: clients.Client, channel: str, root: str | None, possibly_sent_since: datetime | None
) -> Iterable[Message]:
    """Yield the messages among which a post can be: the whole thread, or the latest of the channel.

    An app that may not read metadata gets the messages without.
    """
    arguments: dict[str, Any] = {"channel": channel, "include_all_metadata": True, "limit": 200}
    method = "conversations.history"
    if root:
        method, arguments["ts"] = "conversations.replies", root
    elif possibly_sent_since:
        since = slack_clock.to_slack_time(possibly_sent_since) - slack_clock.MARGIN
        arguments |= {"oldest": f"{since.timestamp():.6f}", "inclusive": True}
    try:
        yield from slack.pages(method, "messages", **arguments)
    except errors.ChannelBlockedError as refused:
        if api_errors.error_code(refused) != "missing_scope" or METADATA_SCOPE not in refused.reason:
            raise
        yield from slack.pages(method, "messages", **{**arguments, "include_all_metadata": None})


def _make_result(message: Message, channel: str) -> SendResult:
    return SendResult(str(message["ts"]), {"channel": channel, "found": True})


def _is_alike(slack: clients.Client, message: Message, arguments: dict[str, Any], since: datetime | None) -> bool:
    """Whether ``message`` is a post of ours with this author and text, made since the first attempt."""
    posted = events.parse_ts(message.get("ts"))
    if posted is None or "text" not in arguments or _words(message.get("text")) != _words(arguments["text"]):
        return False
    if since is not None and posted < slack_clock.to_slack_time(since) - slack_clock.MARGIN:
        return False
    if (message.get("username") or "") != (arguments.get("username") or message.get("username") or ""):
        return False
    return events.is_own_message(message, directory.get_bot_identity(slack))


def _words(text: Any) -> str:
    """The alphanumeric characters of a text, which Slack returns with other emoji and links than it was given."""
    return MARKUP_PATTERN.sub(lambda found: found[1] or "", str(text or "")).casefold()
