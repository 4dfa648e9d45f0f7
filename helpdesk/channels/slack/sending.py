"""Putting one post into Slack: the method it names, with what every post of ours carries."""

from typing import Any

from helpdesk.channels import errors
from helpdesk.channels.slack import client as clients
from helpdesk.channels.slack import events, failures, responses, uploads
from helpdesk.channels.values import Post, Sent

TOO_FANCY = {
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_attachments",
    "msg_blocks_too_long",
    "msg_too_long",
}
TEXT_LIMIT = 40_000
UPDATE_LIMIT = 4_000

# Refusals that say the wanted state is there already, so that a repeat after a lost answer is no failure.
DONE_ALREADY = {
    "chat.delete": {"message_not_found"},
    "reactions.add": {"already_reacted"},
    "reactions.remove": {"no_reaction"},
    "files.delete": {"file_not_found", "file_deleted"},
    "conversations.join": {"already_in_channel"},
}


def send(post: Post, client: clients.Client | None = None) -> Sent:
    """Put ``post`` into Slack. Raises Temporary, Permanent, Unknown or Blocked."""
    slack = client or clients.current()
    arguments = dict(post.arguments)
    if post.method == "files.upload":
        return uploads.send(slack, post.key, arguments)
    if post.method == "files.remove":
        return uploads.remove(slack, arguments)
    if post.method == "response":
        return responses.send(slack, arguments)
    try:
        answer = _call(slack, post, arguments)
    except errors.Permanent as refused:
        if failures.code_of(refused) in DONE_ALREADY.get(post.method, ()):
            return Sent(_target(arguments), {"already": True})
        raise
    return _sent(post.method, arguments, answer)


def _call(slack: clients.Client, post: Post, arguments: dict[str, Any]) -> dict:
    if post.method not in {"chat.postMessage", "chat.update", "chat.postEphemeral"}:
        return slack.call(post.method, **arguments)
    arguments |= {"parse": "none", "link_names": False}
    if post.method == "chat.postMessage":
        arguments |= {"unfurl_links": False, "unfurl_media": False}
        arguments["metadata"] = {"event_type": events.OUR_METADATA, "event_payload": {"delivery": post.key}}
    if post.method == "chat.update" and arguments.get("blocks") and len(arguments.get("text") or "") > UPDATE_LIMIT:
        arguments["text"] = arguments["text"][: UPDATE_LIMIT - 1] + "…"  # the blocks say all of it
    try:
        return slack.call(post.method, **arguments)
    except errors.Permanent as refused:
        layout = arguments.get("blocks") or arguments.get("attachments")
        text = arguments.get("text") or ""
        if failures.code_of(refused) not in TOO_FANCY or not layout or not text or len(text) > TEXT_LIMIT:
            raise
    # The words matter more than their looks: once more as plain text. An update must say that the old layout goes.
    plain = {name: value for name, value in arguments.items() if name not in {"blocks", "attachments"}}
    return slack.call(
        post.method, **plain, **({"blocks": [], "attachments": []} if post.method == "chat.update" else {})
    )


def _sent(method: str, arguments: dict[str, Any], answer: dict) -> Sent:
    if method.startswith("chat.post") or method == "chat.update":
        ts = answer.get("ts") or answer.get("message_ts")
        if not isinstance(ts, str) or not ts:
            raise failures.unsure("Slack's answer was incomplete.")
        return Sent(ts, {"channel": answer.get("channel") or arguments.get("channel")})
    if method.startswith("views."):
        view = answer.get("view") or {}
        return Sent(str(view.get("id") or ""), {"hash": view.get("hash")})
    target = _target(arguments)
    return Sent(target) if method in DONE_ALREADY else Sent(target, {"answer": answer})


def _target(arguments: dict[str, Any]) -> str:
    return str(arguments.get("ts") or arguments.get("timestamp") or arguments.get("file") or "")
