"""Send one request to Slack: the method it names, with the metadata that every post of ours has."""

import contextlib
from typing import Any

from helpdesk.channels.slack.api import api_errors, response_urls, uploads
from helpdesk.channels.slack.api import client as clients
from helpdesk.channels.slack.api.requests import FileRemoval, FileUpload, ResponseUrlPost, SlackRequest, WebApiCall
from helpdesk.channels.slack.parse import events, json_access
from helpdesk.domain.outbox import errors
from helpdesk.domain.outbox.channel import SendResult
from helpdesk.translation import N_, gettext

RICH_FORMAT_ERROR_CODES = {
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_attachments",
    "msg_blocks_too_long",
    "msg_too_long",
}
UNREACHABLE_PERSON = N_("Slack does not let the bot write to this person.")
MAX_TEXT_LENGTH = 40_000
MAX_UPDATE_LENGTH = 4_000

# Refusals that mean the wanted state exists already, so that a repeat after a lost answer is no failure.
ALREADY_DONE_CODES = {
    "chat.delete": {"message_not_found"},
    "reactions.add": {"already_reacted"},
    "reactions.remove": {"no_reaction"},
    "files.delete": {"file_not_found", "file_deleted"},
    "conversations.join": {"already_in_channel"},
}


def send(request: SlackRequest, client: clients.Client | None = None) -> SendResult:
    """Send ``request`` to Slack. Raises ChannelError."""
    slack = client or clients.current()
    match request.content:
        case FileUpload() as upload:
            return uploads.upload_files(slack, request.key, upload)
        case FileRemoval() as removal:
            return uploads.remove_file(slack, removal)
        case ResponseUrlPost() as post:
            return _post_response(slack, post)
        case WebApiCall() as call:
            return _send_call(slack, request.key, call)


def _post_response(slack: clients.Client, post: ResponseUrlPost) -> SendResult:
    try:
        return response_urls.post_response(slack, post)
    except errors.PermanentError as refused:
        if api_errors.error_code(refused) != "used_url" or not post.user_id:
            raise
    content = {name: post.body[name] for name in ("text", "blocks") if name in post.body}
    return _send_call(slack, "", WebApiCall("chat.postMessage", {"channel": post.user_id, **content}))


def _send_call(slack: clients.Client, key: str, call: WebApiCall) -> SendResult:
    try:
        try:
            answer = _call_method(slack, key, call, is_last=call.plain_arguments is None)
        except errors.PermanentError as refused:
            if call.plain_arguments is None or api_errors.error_code(refused) not in RICH_FORMAT_ERROR_CODES:
                raise
            answer = _call_method(slack, key, WebApiCall(call.method, call.plain_arguments))
    except errors.PermanentError as refused:
        if api_errors.error_code(refused) in ALREADY_DONE_CODES.get(call.method, ()):
            return SendResult(_find_target(call.arguments), {"already": True})
        raise
    except errors.ChannelBlockedError as refused:
        if call.is_direct and refused.scope == "channel":  # it is no channel that could be put in order
            raise api_errors.permanent_error(gettext(UNREACHABLE_PERSON), api_errors.error_code(refused)) from None
        raise
    if call.method == "chat.postMessage":
        _require_threaded(slack, call.arguments, answer)
    return _make_result(call.method, call.arguments, answer)


def _require_threaded(slack: clients.Client, arguments: dict[str, Any], answer: dict) -> None:
    """Take a message back that Slack put into the channel instead of its thread, and raise thread_not_found.

    Slack does not refuse an answer below a deleted message: it posts it without thread, and only the missing
    ``message.thread_ts`` of the answer says so (slack-go#1571).
    """
    message = json_access.object_in(answer, "message")
    if not arguments.get("thread_ts") or not message or message.get("thread_ts"):
        return
    with contextlib.suppress(errors.ChannelError):  # what cannot be deleted now, the sync deletes
        slack.call("chat.delete", channel=answer.get("channel") or arguments["channel"], ts=answer.get("ts"))
    raise api_errors.error_for_code("thread_not_found")


def _call_method(slack: clients.Client, key: str, call: WebApiCall, is_last: bool = True) -> dict[str, Any]:
    arguments, method = dict(call.arguments), call.method
    if method not in {"chat.postMessage", "chat.update", "chat.postEphemeral"}:
        return slack.call(method, **arguments)
    arguments |= {"parse": "none", "link_names": False}
    if method == "chat.postMessage":
        arguments |= {"unfurl_links": False, "unfurl_media": False}
        arguments["metadata"] = {"event_type": events.METADATA_EVENT_TYPE, "event_payload": {"delivery": key}}
    if method == "chat.update" and arguments.get("blocks") and len(arguments.get("text") or "") > MAX_UPDATE_LENGTH:
        arguments["text"] = arguments["text"][: MAX_UPDATE_LENGTH - 1] + "…"  # the blocks contain all of the text
    try:
        return _post_with_metadata(slack, method, arguments)
    except errors.PermanentError as refused:
        layout = arguments.get("blocks") or arguments.get("attachments")
        text = arguments.get("text") or ""
        if (
            api_errors.error_code(refused) not in RICH_FORMAT_ERROR_CODES
            or not is_last
            or not layout
            or not text
            or len(text) > MAX_TEXT_LENGTH
        ):
            raise
    # The text matters more than its layout: retry as plain text. An update must state that the old layout is removed.
    plain = {name: value for name, value in arguments.items() if name not in {"blocks", "attachments"}}
    return slack.call(method, **plain, **({"blocks": [], "attachments": []} if method == "chat.update" else {}))


def _post_with_metadata(slack: clients.Client, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Call ``method``, without metadata if Slack refuses that: a look-up then goes by author, text and time."""
    try:
        return slack.call(method, **arguments)
    except errors.PermanentError as refused:
        if "metadata" not in api_errors.error_code(refused) or "metadata" not in arguments:
            raise
    del arguments["metadata"]
    return slack.call(method, **arguments)


def _make_result(method: str, arguments: dict[str, Any], answer: dict) -> SendResult:
    if method.startswith("chat.post") or method == "chat.update":
        ts = answer.get("ts") or answer.get("message_ts")
        if not isinstance(ts, str) or not ts:
            raise api_errors.unknown_outcome_error(gettext("Slack's answer was incomplete."))
        return SendResult(ts, {"channel": answer.get("channel") or arguments.get("channel")})
    if method.startswith("views."):
        view = answer.get("view") or {}
        return SendResult(str(view.get("id") or ""), {"hash": view.get("hash")})
    target = _find_target(arguments)
    return SendResult(target) if method in ALREADY_DONE_CODES else SendResult(target, {"answer": answer})


def _find_target(arguments: dict[str, Any]) -> str:
    return str(arguments.get("ts") or arguments.get("timestamp") or arguments.get("file") or "")
