"""conversations.*: what channels there are, who is in them, and what was said."""

from helpdesk.demo import cast
from helpdesk.demo.slack import store
from helpdesk.demo.slack.api.registry import Arguments, Refused, channel, method, page

READ = ("channels:read", "groups:read", "im:read", "mpim:read")
HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")


@method("conversations.info", *READ)
def info(ws, args: Arguments) -> dict:
    found = channel(ws, args)
    shown = found.shown()
    if not args.flag("include_num_members"):
        shown.pop("num_members", None)
    return {"channel": shown}


@method("conversations.list", *READ)
def listing(ws, args: Arguments) -> dict:
    kinds = args.text("types", required=False, default="public_channel").replace(" ", "").split(",")
    if unknown := set(kinds) - {"public_channel", "private_channel", "mpim", "im"}:
        raise Refused("invalid_types", [f"unknown type {name}" for name in sorted(unknown)])
    found = []
    for one in ws.state.channels.values():
        kind = "im" if one.direct_with else "private_channel" if one.private else "public_channel"
        hidden = one.private and cast.BOT_USER_ID not in one.members
        if kind in kinds and not hidden and not (one.archived and args.flag("exclude_archived")):
            found.append(one)
    shown, following = page(args, found, 100, 999)
    return {"channels": [one.shown() for one in shown], "response_metadata": {"next_cursor": following}}


@method("conversations.join", "channels:join")
def join(ws, args: Arguments) -> dict:
    found = channel(ws, args)
    if found.archived:
        raise Refused("is_archived")
    if found.private or found.direct_with:
        raise Refused("method_not_supported_for_channel_type")
    if cast.BOT_USER_ID in found.members:
        return {
            "channel": found.shown(),
            "warning": "already_in_channel",
            "response_metadata": {"warnings": ["already_in_channel"]},
        }
    ws.invite(found.id, cast.BOT_USER_ID)
    return {"channel": found.shown()}


@method("conversations.members", *READ)
def members(ws, args: Arguments) -> dict:
    shown, following = page(args, channel(ws, args).members, 100, 1000)
    return {"members": shown, "response_metadata": {"next_cursor": following}}


@method("conversations.open", "im:write", "channels:manage")
def open_direct(ws, args: Arguments) -> dict:
    user = args.text("users", required=False)
    if user not in ws.state.users:
        raise Refused("user_not_found" if user else "users_list_not_supplied")
    return {"channel": {"id": ws.state.direct(user).id}}


@method("conversations.history", *HISTORY)
def history(ws, args: Arguments) -> dict:
    found = channel(ws, args, member=True)
    roots = [m for m in found.messages.values() if _in_channel(m)]
    chosen = [m for m in reversed(roots) if _between(args, m["ts"])]
    shown, following = page(args, chosen, 100, 999)
    metadata = args.flag("include_all_metadata")
    answer = {
        "messages": [store.shown(found, m, metadata) for m in shown],
        "has_more": bool(following),
        "pin_count": 0,
    }
    if args.text("latest", required=False):
        answer["latest"] = args.text("latest")
    return _with_cursor(answer, following)


@method("conversations.replies", *HISTORY)
def replies(ws, args: Arguments) -> dict:
    found = channel(ws, args, member=True)
    ts = args.text("ts", required=False)
    if ts not in found.messages:
        raise Refused("thread_not_found")
    root = found.messages[ts].get("thread_ts", ts)
    if root not in found.messages:
        raise Refused("thread_not_found")
    chosen = [found.messages[t] for t in found.threads.get(root, []) if _between(args, t)]
    shown, following = page(args, chosen, 1000, 1000)
    # Slack gives the root first on every first page, whatever `oldest` says.
    if not args.text("cursor", required=False):
        shown = [found.messages[root], *shown]
    metadata = args.flag("include_all_metadata")
    return _with_cursor(
        {"messages": [store.shown(found, m, metadata) for m in shown], "has_more": bool(following)}, following
    )


def _in_channel(message: dict) -> bool:
    root = message.get("thread_ts")
    return root is None or root == message["ts"] or message.get("subtype") == "thread_broadcast"


def _between(args: Arguments, ts: str) -> bool:
    oldest, latest = args.text("oldest", required=False), args.text("latest", required=False)
    try:
        low, high, this = float(oldest or 0), float(latest or "inf"), float(ts)
    except ValueError:
        raise Refused("invalid_ts_oldest" if oldest else "invalid_ts_latest") from None
    if args.flag("inclusive"):
        return low <= this <= high
    return low < this < high


def _with_cursor(answer: dict, following: str) -> dict:
    if following:
        answer["response_metadata"] = {"next_cursor": following}
    return answer
