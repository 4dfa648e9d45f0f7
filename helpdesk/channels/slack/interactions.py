"""Pressed buttons, sent forms, shortcuts and commands, in our words. Pure."""

import json
import re
from typing import Any

from helpdesk.channels.slack import envelopes, events, mrkdwn, mrkdwn_reader, shapes
from helpdesk.channels.values import Heard

NOBODY = "-"  # Slack allows no empty value in a choice
_NUMBER = re.compile(r"^(?:show\s+)?#?(\d{1,12})$", re.IGNORECASE)
_VERBS = {
    "mine": "mine",
    "my": "mine",
    "open": "open",
    "unassigned": "unassigned",
    "search": "search",
    "find": "search",
    "create": "create",
    "new": "create",
    "help": "help",
}


def heard(payload: dict, names: mrkdwn.Names | None = None) -> list[Heard]:
    """What a person did with one of our buttons, forms or shortcuts."""
    kind = payload.get("type")
    if kind == "block_actions":
        return [_action(payload, action) for action in shapes.objects(payload.get("actions"))]
    if kind == "view_submission":
        return [_modal(payload)]
    if kind in {"message_action", "shortcut"}:
        return [_shortcut(payload, names)]
    return []


def command(payload: dict) -> Heard:
    """A slash command: data["verb"] is one of mine, open, unassigned, search, create, show or help, data["rest"] what follows."""
    text = mrkdwn_reader.unescape(shapes.text(payload.get("text"))).strip()
    verb, rest = read_command(text)
    return Heard(
        kind="command",
        external_id=envelopes.identify(payload),
        author_id=shapes.text(payload.get("user_id")),
        channel_id=shapes.text(payload.get("channel_id")),
        body=text,
        data={
            "team_id": shapes.text(payload.get("team_id")),
            "event_id": envelopes.identify(payload),
            "user_team": shapes.text(payload.get("team_id")),
            "user_name": shapes.text(payload.get("user_name")),
            "command": shapes.text(payload.get("command")),
            "verb": verb,
            "rest": rest,
            "trigger_id": shapes.text(payload.get("trigger_id")),
            "response_url": shapes.text(payload.get("response_url")),
        },
    )


def read_command(text: str) -> tuple[str, str]:
    """(verb, rest) of what was typed after /ticket; words that are no verb are searched for."""
    if not text:
        return "mine", ""
    number = _NUMBER.match(text)
    if number:
        return "show", number[1]
    first, _, rest = text.partition(" ")
    verb = _VERBS.get(first.lower())
    if verb is None or (rest and verb in {"mine", "open", "unassigned", "help"} and first.lower() != "help"):
        return "search", text
    return verb, rest.strip()


def values(view: dict) -> dict[str, Any]:
    """What was filled into ``view``: one value per block, named by the block; None where nothing was chosen."""
    found = {}
    for name, elements in shapes.part(view.get("state"), "values").items():
        for element in elements.values() if isinstance(elements, dict) else ():
            if isinstance(element, dict):
                found[name] = _value(element)
    return found


def _action(payload: dict, action: dict) -> Heard:
    container, view, message = (shapes.part(payload, name) for name in ("container", "view", "message"))
    message_kind = "ephemeral" if container.get("is_ephemeral") else "message"
    where = "view" if view else message_kind
    ts = shapes.text(container.get("message_ts")) or shapes.text(message.get("ts"))
    root = shapes.text(container.get("thread_ts")) or shapes.text(message.get("thread_ts"))
    return Heard(
        kind="action",
        external_id=ts,
        author_id=shapes.text(shapes.part(payload, "user").get("id")),
        channel_id=shapes.text(container.get("channel_id")) or shapes.text(shapes.part(payload, "channel").get("id")),
        thread_id=root if root and root != ts else None,
        data=_common(payload)
        | {
            "action_id": shapes.text(action.get("action_id")),
            "block_id": shapes.text(action.get("block_id")),
            "value": _value(action),
            "action_ts": shapes.text(action.get("action_ts")),
            "container": where,
            "callback_id": shapes.text(view.get("callback_id")),
            "view_id": shapes.text(view.get("id")),
            "hash": shapes.text(view.get("hash")),
            "private": _private(view),
            "values": values(view),
        },
        when=events.moment(action.get("action_ts")),
    )


def _modal(payload: dict) -> Heard:
    view = shapes.part(payload, "view")
    return Heard(
        kind="modal",
        external_id=shapes.text(view.get("id")),
        author_id=shapes.text(shapes.part(payload, "user").get("id")),
        data=_common(payload)
        | {
            "callback_id": shapes.text(view.get("callback_id")),
            "private": _private(view),
            "values": values(view),
            "hash": shapes.text(view.get("hash")),
        },
    )


def _shortcut(payload: dict, names) -> Heard:
    message = shapes.part(payload, "message")
    return Heard(
        kind="shortcut",
        external_id=shapes.text(message.get("ts")),
        author_id=shapes.text(shapes.part(payload, "user").get("id")),
        channel_id=shapes.text(shapes.part(payload, "channel").get("id")),
        thread_id=events.thread_of(message),
        body=events.body_of(message, names),
        files=events.remote_files(message),
        data=_common(payload)
        | {
            "callback_id": shapes.text(payload.get("callback_id")),
            "message_author": shapes.text(message.get("user")),
            "message_bot": bool(message.get("bot_id")),
        },
        when=events.moment(payload.get("action_ts")),
    )


def _common(payload: dict) -> dict[str, Any]:
    user = shapes.part(payload, "user")
    return {
        "team_id": envelopes.team_of(payload),
        "event_id": envelopes.identify(payload),
        "user_team": shapes.text(user.get("team_id")),
        "user_name": shapes.text(user.get("name")) or shapes.text(user.get("username")),
        "trigger_id": shapes.text(payload.get("trigger_id")),
        "response_url": shapes.text(payload.get("response_url")),
    }


def _private(view: dict) -> dict:
    try:
        private = json.loads(view.get("private_metadata") or "{}")
    except (TypeError, ValueError, RecursionError):
        return {}
    return private if isinstance(private, dict) else {}


def _value(element: dict) -> Any:
    for name in ("selected_options", "selected_users", "selected_conversations", "selected_channels"):
        if isinstance(element.get(name), list):
            return [each.get("value") if isinstance(each, dict) else each for each in element[name]]
    option = element.get("selected_option")
    if isinstance(option, dict):
        value = option.get("value")
        return "" if value == NOBODY else value
    for name in (
        "selected_date",
        "selected_user",
        "selected_conversation",
        "selected_channel",
        "selected_time",
        "value",
    ):
        if element.get(name) is not None:
            return element[name]
    return None
