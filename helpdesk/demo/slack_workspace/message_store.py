"""Adds, changes and deletes messages and reactions, for users and the app.

Each function changes the state and announces the events Slack would send.
"""

import copy
from typing import TYPE_CHECKING

from helpdesk.demo import personas
from helpdesk.demo.slack_workspace import ids, rich_text_parser, users

if TYPE_CHECKING:
    from helpdesk.demo.slack_workspace.state import ChannelState
    from helpdesk.demo.slack_workspace.workspace import Workspace


def add_message(
    ws: "Workspace", channel: "ChannelState", message: dict, thread_ts: str | None = None, broadcast: bool = False
) -> dict:
    """Store a new message (into the thread of `thread_ts`, if given) and announce it. Returns the stored
    message.

    KeyError when there is no such thread.

    Source: docs.slack.dev/reference/events/message; samples events/MessagePayload.json,
    MessageThreadBroadcastPayload.json.
    """
    message = {"type": "message", **message, "ts": ids.next_timestamp()}
    if thread_ts:
        root = channel.messages[thread_ts]
        root = channel.messages[root.get("thread_ts", thread_ts)]
        message["thread_ts"] = root["ts"]
        message["parent_user_id"] = root.get("user", "")
        root["thread_ts"] = root["ts"]
        channel.threads.setdefault(root["ts"], []).append(message["ts"])
        if broadcast:
            message["subtype"] = "thread_broadcast"
    channel.messages[message["ts"]] = message
    ws.state.touch()
    _announce_message(ws, channel, message)
    return message


def edit_message(ws: "Workspace", channel: "ChannelState", ts: str, changes: dict, by: str) -> dict:
    """Change a message; None removes a key. Announces message_changed. Returns the message.

    Source: docs.slack.dev/reference/events/message/message_changed; sample events/MessageChangedPayload.json.
    """
    message = channel.messages[ts]
    before = format_message(channel, message)
    for key, value in changes.items():
        if value is None:
            message.pop(key, None)
        else:
            message[key] = value
    message["edited"] = {"user": by, "ts": edit_time()}
    ws.state.touch()
    ws.events.announce(
        channel,
        {
            "type": "message",
            "subtype": "message_changed",
            "message": format_message(channel, message),
            "previous_message": before,
            "hidden": True,
            "ts": ids.next_timestamp(),
        },
    )
    return message


def edit_time() -> str:
    """The time of an edit, in whole seconds.

    Source: docs.slack.dev/reference/events/message/message_changed; sample events/MessageChangedPayload.json.
    """
    return ids.next_timestamp()[:-6] + "000000"


def delete_message(ws: "Workspace", channel: "ChannelState", ts: str) -> None:
    """Delete a message.

    A root with replies leaves a tombstone, and Slack then announces a change, not a deletion.

    Source: docs.slack.dev/reference/events/message/message_deleted; sample events/MessageDeletedPayload.json;
    tombstones: slack-morphism-rust, src/models/events/push.rs.
    """
    message = channel.messages[ts]
    before = format_message(channel, message)
    if channel.threads.get(ts):
        tombstone = {
            "type": "message",
            "subtype": "tombstone",
            "text": "This message was deleted.",
            "user": "USLACKBOT",
            "hidden": True,
            "thread_ts": ts,
            "ts": ts,
        }
        channel.messages[ts] = tombstone
        event = {
            "subtype": "message_changed",
            "message": format_message(channel, tombstone),
            "previous_message": before,
        }
    else:
        del channel.messages[ts]
        if (root := message.get("thread_ts")) and root in channel.threads:
            channel.threads[root].remove(ts)
            if not channel.threads[root]:
                del channel.threads[root]
        event = {"subtype": "message_deleted", "deleted_ts": ts}
        if ws.state.deletes_with_previous_message:
            event["previous_message"] = before
    ws.state.touch()
    ws.events.announce(channel, {"type": "message", **event, "hidden": True, "ts": ids.next_timestamp()})


def add_reaction(ws: "Workspace", channel: "ChannelState", ts: str, user: str, name: str) -> bool:
    """Add a reaction. False when this user already has it there.

    Source: docs.slack.dev/reference/events/reaction_added; sample events/ReactionAddedPayload.json.
    """
    message = channel.messages[ts]
    reactions = message.setdefault("reactions", [])
    entry = next((r for r in reactions if r["name"] == name), None)
    if entry is None:
        entry = {"name": name, "users": [], "count": 0}
        reactions.append(entry)
    if user in entry["users"]:
        return False
    entry["users"].append(user)
    entry["count"] += 1
    _announce_reaction(ws, channel, message, user, name, "reaction_added")
    return True


def remove_reaction(ws: "Workspace", channel: "ChannelState", ts: str, user: str, name: str) -> bool:
    """Remove a reaction. False when there was none.

    Source: docs.slack.dev/reference/events/reaction_removed; sample events/ReactionRemovedPayload.json.
    """
    message = channel.messages[ts]
    for entry in message.get("reactions", []):
        if entry["name"] == name and user in entry["users"]:
            entry["users"].remove(user)
            entry["count"] -= 1
            message["reactions"] = [r for r in message["reactions"] if r["count"]]
            if not message["reactions"]:
                del message["reactions"]
            _announce_reaction(ws, channel, message, user, name, "reaction_removed")
            return True
    return False


def format_message(channel: "ChannelState", message: dict, metadata: bool = False) -> dict:
    """The message as the Web API returns it: a copy, with the thread's counts on its root.

    Source: docs.slack.dev/reference/methods/conversations.replies; sample api/conversations.replies.json.
    """
    view = {key: value for key, value in message.items() if key[0] != "_" and (metadata or key != "metadata")}
    replies = channel.threads.get(message["ts"])
    if replies:
        writers = [channel.messages[ts].get("user") or channel.messages[ts].get("bot_id") for ts in replies]
        known = list(dict.fromkeys(writers))
        view |= {
            "reply_count": len(replies),
            "reply_users_count": len(known),
            "latest_reply": replies[-1],
            "reply_users": known[:5],
            "is_locked": False,
            "subscribed": False,
        }
    elif view.get("thread_ts") == view["ts"] and view.get("subtype") != "tombstone":
        # A root whose replies were all deleted is an ordinary message again.
        del view["thread_ts"]
    if view.get("subtype") == "thread_broadcast" and view["thread_ts"] in channel.messages:
        view["root"] = format_message(channel, channel.messages[view["thread_ts"]])
    return copy.deepcopy(view)


def build_user_message(ws: "Workspace", user: str, text: str, blocks: list, **extra) -> dict:
    """The body of a message typed by a person, with what Slack adds for people of other workspaces.

    Source: docs.slack.dev/reference/events/message; sample events/MessagePayload.json.
    """
    profile = ws.state.users[user]
    team = users.get_team(profile)
    message = {
        "user": user,
        "text": text,
        "client_msg_id": ids.create_id("m").lower(),
        "team": team,
        "blocks": blocks,
        **extra,
    }
    if not blocks:
        del message["blocks"]
    if team != personas.TEAM_ID:
        message |= {
            "user_team": team,
            "source_team": team,
            "user_profile": users.format_short_profile(profile, ws.base),
        }
    return message


def _announce_message(ws: "Workspace", channel: "ChannelState", message: dict) -> None:
    event = format_message(channel, message)
    if event.get("files") and "subtype" not in event:
        event["subtype"] = "file_share"
    ws.events.announce(channel, event)
    if f"<@{personas.BOT_USER_ID}>" in event.get("text", "") and event.get("user") != personas.BOT_USER_ID:
        mention = {
            key: event[key] for key in ("user", "text", "ts", "team", "blocks", "thread_ts", "files") if key in event
        }
        ws.events.announce(channel, {"type": "app_mention", **mention})


def _announce_reaction(
    ws: "Workspace", channel: "ChannelState", message: dict, user: str, name: str, kind: str
) -> None:
    ws.state.touch()
    ws.events.announce(
        channel,
        {
            "type": kind,
            "user": user,
            "reaction": name,
            "item": {"type": "message", "channel": channel.id, "ts": message["ts"]},
            **({"item_user": message["user"]} if message.get("user") else {}),
            "event_ts": ids.next_timestamp(),
        },
    )


def build_slackbot_message(text: str) -> dict:
    """The body of a message by Slackbot.

    Source: docs.slack.dev/reference/events/message.
    """
    return {
        "text": text,
        "blocks": rich_text_parser.build_rich_text_block(text),
        "user": "USLACKBOT",
        "bot_id": None,
        "app_id": None,
    }
