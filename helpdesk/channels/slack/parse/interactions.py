"""Parse pressed buttons, submitted modals, shortcuts and commands. Pure."""

import json
import re
from typing import Any

from helpdesk.channels.slack.parse import envelopes, events, json_access, message_content, mrkdwn_reader
from helpdesk.channels.slack.parse.event_types import (
    ActionEvent,
    CommandEvent,
    ModalEvent,
    ShortcutEvent,
    SlackEvent,
    SuggestionEvent,
)
from helpdesk.channels.slack.render import mrkdwn
from helpdesk.domain.ticket_lists import search_syntax

NO_ASSIGNEE_VALUE = "-"  # Slack allows no empty value in a choice
_SHOW = re.compile(r"^show\s+", re.IGNORECASE)
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


def parse_interaction(payload: dict, names: mrkdwn.Names | None = None) -> list[SlackEvent]:
    """Return what a person did with one of our buttons, modals or shortcuts."""
    kind = json_access.text_or_empty(payload.get("type"))
    if kind == "block_actions":
        return [_parse_action(payload, action) for action in json_access.objects_in(payload.get("actions"))]
    if kind == "view_submission":
        return [_parse_modal(payload)]
    if kind in {"message_action", "shortcut"}:
        return [_parse_shortcut(payload, names)]
    return []


def parse_suggestion(payload: dict) -> SuggestionEvent:
    """Parse what somebody types into an external select (block_suggestion)."""
    view = json_access.object_in(payload, "view")
    return SuggestionEvent(
        external_id=json_access.text_or_empty(view.get("id")),
        author_id=json_access.text_or_empty(json_access.object_in(payload, "user").get("id")),
        callback_id=json_access.text_or_empty(view.get("callback_id")),
        block_id=json_access.text_or_empty(payload.get("block_id")),
        typed=json_access.text_or_empty(payload.get("value"))[:200],
        private=_private_metadata(view),
        values=view_values(view),
        **_common_fields(payload),
    )


def parse_command(payload: dict) -> CommandEvent:
    """Parse a slash command."""
    text = mrkdwn_reader.unescape_mrkdwn(json_access.text_or_empty(payload.get("text"))).strip()
    verb, rest = parse_command_text(text)
    return CommandEvent(
        external_id=envelopes.payload_id(payload),
        author_id=json_access.text_or_empty(payload.get("user_id")),
        channel_id=json_access.text_or_empty(payload.get("channel_id")),
        body=text,
        team_id=json_access.text_or_empty(payload.get("team_id")),
        event_id=envelopes.payload_id(payload),
        user_team=json_access.text_or_empty(payload.get("team_id")),
        verb=verb,
        rest=rest,
        trigger_id=json_access.text_or_empty(payload.get("trigger_id")),
        response_url=json_access.text_or_empty(payload.get("response_url")),
    )


def parse_command_text(text: str) -> tuple[str, str]:
    """Return (verb, rest) of the text after /ticket; a text that begins with no verb is searched for."""
    if not text:
        return "mine", ""
    first, *further = text.split(None, 1)
    rest = "".join(further)
    verb = _VERBS.get(first.lower())
    number = search_syntax.parse_ticket_number(_SHOW.sub("", text)) if verb is None else None
    if number is not None:
        return "show", str(number)
    if verb is None or (rest and verb in {"mine", "open", "unassigned", "help"} and first.lower() != "help"):
        return "search", text
    return verb, rest.strip()


def view_values(view: dict) -> dict[str, Any]:
    """Return the values of ``view``: one per block, by the name of the block; None where nothing was chosen."""
    found = {}
    for name, elements in json_access.object_in(view.get("state"), "values").items():
        for element in elements.values() if isinstance(elements, dict) else ():
            if isinstance(element, dict):
                found[name] = _element_value(element)
    return found


def _parse_action(payload: dict, action: dict) -> ActionEvent:
    container, view, message = (json_access.object_in(payload, name) for name in ("container", "view", "message"))
    message_kind = "ephemeral" if container.get("is_ephemeral") else "message"
    where = "view" if view else message_kind
    ts = json_access.text_or_empty(container.get("message_ts")) or json_access.text_or_empty(message.get("ts"))
    root = json_access.text_or_empty(container.get("thread_ts")) or json_access.text_or_empty(message.get("thread_ts"))
    return ActionEvent(
        external_id=ts,
        author_id=json_access.text_or_empty(json_access.object_in(payload, "user").get("id")),
        channel_id=json_access.text_or_empty(container.get("channel_id"))
        or json_access.text_or_empty(json_access.object_in(payload, "channel").get("id")),
        thread_id=root if root and root != ts else None,
        action_id=json_access.text_or_empty(action.get("action_id")),
        value=_element_value(action),
        container=where,
        view_id=json_access.text_or_empty(view.get("id")),
        hash=json_access.text_or_empty(view.get("hash")),
        private=_private_metadata(view),
        values=view_values(view),
        when=events.parse_ts(action.get("action_ts")),
        **_common_fields(payload),
    )


def _parse_modal(payload: dict) -> ModalEvent:
    view = json_access.object_in(payload, "view")
    return ModalEvent(
        external_id=json_access.text_or_empty(view.get("id")),
        author_id=json_access.text_or_empty(json_access.object_in(payload, "user").get("id")),
        callback_id=json_access.text_or_empty(view.get("callback_id")),
        view=view,
        private=_private_metadata(view),
        values=view_values(view),
        **_common_fields(payload),
    )


def _parse_shortcut(payload: dict, names: mrkdwn.Names | None) -> ShortcutEvent:
    message = json_access.object_in(payload, "message")
    return ShortcutEvent(
        external_id=json_access.text_or_empty(message.get("ts")),
        author_id=json_access.text_or_empty(json_access.object_in(payload, "user").get("id")),
        channel_id=json_access.text_or_empty(json_access.object_in(payload, "channel").get("id")),
        thread_id=events.thread_ts_of(message),
        body=message_content.message_markdown(message, names),
        files=message_content.message_files(message),
        callback_id=json_access.text_or_empty(payload.get("callback_id")),
        message_author=json_access.text_or_empty(message.get("user")),
        message_bot=bool(message.get("bot_id")),
        when=events.parse_ts(payload.get("action_ts")),
        **_common_fields(payload),
    )


def _common_fields(payload: dict) -> dict[str, Any]:
    user = json_access.object_in(payload, "user")
    return {
        "team_id": envelopes.team_id_of(payload),
        "event_id": envelopes.payload_id(payload),
        "user_team": json_access.text_or_empty(user.get("team_id")),
        "author_name": json_access.text_or_empty(user.get("name")) or json_access.text_or_empty(user.get("username")),
        "trigger_id": json_access.text_or_empty(payload.get("trigger_id")),
        "response_url": json_access.text_or_empty(payload.get("response_url")),
    }


def _private_metadata(view: dict) -> dict:
    try:
        private = json.loads(view.get("private_metadata") or "{}")
    except (TypeError, ValueError, RecursionError):
        return {}
    return private if isinstance(private, dict) else {}


def _element_value(element: dict) -> Any:
    for name in ("selected_options", "selected_users", "selected_conversations", "selected_channels"):
        if isinstance(element.get(name), list):
            return [each.get("value") if isinstance(each, dict) else each for each in element[name]]
    option = element.get("selected_option")
    if isinstance(option, dict):
        value = option.get("value")
        return "" if value == NO_ASSIGNEE_VALUE else value
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
