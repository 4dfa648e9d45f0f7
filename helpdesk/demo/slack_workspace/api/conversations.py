"""conversations.*: channels, their members and their messages."""

import time

from helpdesk.demo import personas
from helpdesk.demo.slack_workspace import message_store
from helpdesk.demo.slack_workspace.api.registry import Arguments, SlackApiError, get_channel, paginate, register_method

READ_SCOPES = ("channels:read", "groups:read", "im:read", "mpim:read")
HISTORY_SCOPES = ("channels:history", "groups:history", "im:history", "mpim:history")


@register_method("conversations.info", *READ_SCOPES)
def get_info(ws, args: Arguments) -> dict:
    """Return one channel.

    Source: docs.slack.dev/reference/methods/conversations.info; sample api/conversations.info.json.
    """
    found = get_channel(ws, args)
    shown = found.shown()
    if not args.flag("include_num_members"):
        shown.pop("num_members", None)
    return {"channel": shown}


@register_method("conversations.list", *READ_SCOPES)
def list_conversations(ws, args: Arguments) -> dict:
    """List the channels of the wanted types that the bot may see.

    Source: docs.slack.dev/reference/methods/conversations.list; sample api/conversations.list.json.
    """
    kinds = args.text("types", required=False, default="public_channel").replace(" ", "").split(",")
    if unknown := set(kinds) - {"public_channel", "private_channel", "mpim", "im"}:
        raise SlackApiError("invalid_types", [f"unknown type {name}" for name in sorted(unknown)])
    found = []
    for one in ws.state.channels.values():
        kind = "im" if one.direct_with else "private_channel" if one.private else "public_channel"
        hidden = one.private and personas.BOT_USER_ID not in one.members
        hidden = hidden or (bool(one.shared_with) and not ws.state.lists_shared_channels)
        if kind in kinds and not hidden and not (one.archived and args.flag("exclude_archived")):
            found.append(one)
    shown, following = paginate(args, found, 100, 999)
    return {"channels": [one.shown() for one in shown], "response_metadata": {"next_cursor": following}}


@register_method("conversations.join", "channels:join")
def join_conversation(ws, args: Arguments) -> dict:
    """Let the bot join a public channel.

    Source: docs.slack.dev/reference/methods/conversations.join; sample api/conversations.join.json.
    """
    found = get_channel(ws, args)
    if found.archived:
        raise SlackApiError("is_archived")
    if found.private or found.direct_with:
        raise SlackApiError("method_not_supported_for_channel_type")
    if personas.BOT_USER_ID in found.members:
        return {
            "channel": found.shown(),
            "warning": "already_in_channel",
            "response_metadata": {"warnings": ["already_in_channel"]},
        }
    ws.invite(found.id, personas.BOT_USER_ID)
    return {"channel": found.shown()}


@register_method("conversations.members", *READ_SCOPES)
def list_members(ws, args: Arguments) -> dict:
    """List the members of a channel.

    Source: docs.slack.dev/reference/methods/conversations.members; sample api/conversations.members.json.
    """
    shown, following = paginate(args, get_channel(ws, args).members, 100, 1000)
    return {"members": shown, "response_metadata": {"next_cursor": following}}


@register_method("conversations.open", "im:write", "channels:manage")
def open_direct(ws, args: Arguments) -> dict:
    """Return the direct message channel with one person.

    Source: docs.slack.dev/reference/methods/conversations.open; sample api/conversations.open.json.
    """
    user = args.text("users", required=False)
    if user not in ws.state.users:
        raise SlackApiError("user_not_found" if user else "users_list_not_supplied")
    return {"channel": {"id": ws.state.direct(user).id}}


@register_method("conversations.history", *HISTORY_SCOPES)
def list_history(ws, args: Arguments) -> dict:
    """List the messages of a channel without the replies in threads, newest first.

    Source: docs.slack.dev/reference/methods/conversations.history; sample api/conversations.history.json.
    """
    found = get_channel(ws, args, member=True)
    roots = [m for m in found.messages.values() if _is_in_channel(m)]
    chosen = [m for m in reversed(roots) if _is_between(args, m["ts"])]
    shown, following = paginate(args, chosen, 100, 999)
    metadata = args.flag("include_all_metadata")
    response = {
        "messages": [message_store.format_message(found, m, metadata) for m in shown],
        "has_more": bool(following),
        "pin_count": 0,
    }
    if args.text("latest", required=False):
        response["latest"] = args.text("latest")
    return _add_cursor(response, following)


@register_method("conversations.replies", *HISTORY_SCOPES)
def list_replies(ws, args: Arguments) -> dict:
    """List the messages of a thread, oldest first.

    Source: docs.slack.dev/reference/methods/conversations.replies; sample api/conversations.replies.json.
    """
    found = get_channel(ws, args, member=True)
    ts = args.text("ts", required=False)
    if ts not in found.messages:
        raise SlackApiError("thread_not_found")
    root = found.messages[ts].get("thread_ts", ts)
    if root not in found.messages:
        raise SlackApiError("thread_not_found")
    listed_until = time.time() - ws.state.replies_lag_seconds
    listed = [t for t in found.threads.get(root, []) if not ws.state.replies_lag_seconds or float(t) <= listed_until]
    chosen = [found.messages[t] for t in listed if _is_between(args, t)]
    shown, following = paginate(args, chosen, 1000, 1000)
    # Slack gives the root first on every first page, whatever `oldest` says.
    if not args.text("cursor", required=False):
        shown = [found.messages[root], *shown]
    metadata = args.flag("include_all_metadata")
    return _add_cursor(
        {"messages": [message_store.format_message(found, m, metadata) for m in shown], "has_more": bool(following)},
        following,
    )


def _is_in_channel(message: dict) -> bool:
    root = message.get("thread_ts")
    return root is None or root == message["ts"] or message.get("subtype") == "thread_broadcast"


def _is_between(args: Arguments, ts: str) -> bool:
    oldest, latest = args.text("oldest", required=False), args.text("latest", required=False)
    try:
        low, high, this = float(oldest or 0), float(latest or "inf"), float(ts)
    except ValueError:
        raise SlackApiError("invalid_ts_oldest" if oldest else "invalid_ts_latest") from None
    if args.flag("inclusive"):
        return low <= this <= high
    return low < this < high


def _add_cursor(response: dict, following: str) -> dict:
    if following:
        response["response_metadata"] = {"next_cursor": following}
    return response
