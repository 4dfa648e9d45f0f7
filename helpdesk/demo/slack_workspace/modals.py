"""Views (Slack's page "Modals"): checks, stores and stacks them, and fills in their inputs."""

import copy
import json
import time
from typing import TYPE_CHECKING

from helpdesk.demo import personas
from helpdesk.demo.slack_workspace import block_kit, ids
from helpdesk.demo.slack_workspace.api.registry import SlackApiError

if TYPE_CHECKING:
    from helpdesk.demo.slack_workspace.workspace import Workspace

MAX_STACK_DEPTH = 3
_EMPTY_TEXT = {"type": "plain_text", "text": "", "emoji": True}


def open_modal(ws: "Workspace", user: str, view: dict) -> dict:
    """Open a modal for a user, closing whatever was open.

    Source: docs.slack.dev/reference/methods/views.open.
    """
    _check_view(view, "modal")
    for number in ws.state.stacks.get(user, []):
        ws.state.views.pop(number, None)
    made = _create_view(ws, user, view, None)
    ws.state.stacks[user] = [made["id"]]
    ws.state.touch()
    return made


def push_modal(ws: "Workspace", user: str, view: dict) -> dict:
    """Put a modal on top of the one that is open; three at most.

    Source: docs.slack.dev/reference/methods/views.push (three views at most).
    """
    _check_view(view, "modal")
    stack = ws.state.stacks.get(user) or []
    if not stack:
        raise SlackApiError("not_found")
    if len(stack) >= MAX_STACK_DEPTH:
        raise SlackApiError("push_limit_reached")
    made = _create_view(ws, user, view, ws.state.views[stack[-1]])
    stack.append(made["id"])
    ws.state.touch()
    return made


def update_modal(ws: "Workspace", known: dict, view: dict) -> dict:
    """Change a view in place. Input stays in blocks whose block_id and action_id stay.

    Source: docs.slack.dev/reference/methods/views.update.
    """
    _check_view(view, known["type"])
    fresh = _create_view(ws, known["_user"], view, None)
    ws.state.views.pop(fresh["id"], None)
    fresh |= {key: known[key] for key in ("id", "root_view_id", "previous_view_id", "type")}
    fresh["state"] = _keep_typed_values(known["state"]["values"], fresh["state"]["values"])
    known.clear()
    known.update(fresh)
    ws.state.views[known["id"]] = known
    ws.state.touch()
    return known


def publish_home(ws: "Workspace", user: str, view: dict) -> dict:
    """Set a user's Home tab.

    Source: docs.slack.dev/reference/methods/views.publish.
    """
    _check_view(view, "home")
    known = ws.state.homes.get(user)
    made = update_modal(ws, known, view) if known else _create_view(ws, user, view, None)
    ws.state.homes[user] = made
    ws.state.touch()
    return made


def close_modals(ws: "Workspace", user: str, everything: bool = False) -> list[dict]:
    """Close the top modal (or all). Returns those that were closed, topmost first.

    Source: docs.slack.dev/reference/interaction-payloads/view-interactions-payload (view_closed).
    """
    stack = ws.state.stacks.get(user) or []
    gone = []
    while stack and (everything or not gone):
        gone.append(ws.state.views.pop(stack.pop()))
    ws.state.touch()
    return gone


def build_state(view: dict, values: dict[str, dict]) -> dict:
    """The view's `state` for these values: {block_id: {action_id: value}}, a plain str or list, or Slack's
    own shape.

    Fields that are not named keep their initial value. KeyError for a field the view does not have.

    Source: docs.slack.dev/reference/interaction-payloads/view-interactions-payload.
    """
    fields = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
    for block_id, given in values.items():
        for action_id in given:
            if fields[block_id]["action_id"] != action_id:
                raise KeyError(f"{block_id}.{action_id}")
    state: dict[str, dict] = {}
    for block_id, element in fields.items():
        given = values.get(block_id, {}).get(element["action_id"], _get_initial_value(element))
        state[block_id] = {element["action_id"]: _parse_value(element, given)}
    return {"values": state}


def list_missing_inputs(view: dict) -> dict[str, str]:
    """The required inputs that are empty, as Slack checks them before it sends a submission.

    Source: docs.slack.dev/surfaces/modals.
    """
    wrong = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        value = view["state"]["values"].get(block["block_id"], {}).get(block["element"]["action_id"], {})
        content = [v for k, v in value.items() if k != "type" and v not in (None, "", [])]
        if not content and not block.get("optional"):
            wrong[block["block_id"]] = "This field is required."
        longest = block["element"].get("max_length")
        if longest and isinstance(value.get("value"), str) and len(value["value"]) > longest:
            wrong[block["block_id"]] = f"Use at most {longest} characters."
    return wrong


def format_view(view: dict) -> dict:
    """The view object as the app sees it.

    Source: docs.slack.dev/reference/views; sample api/views.open.json.
    """
    return copy.deepcopy({key: value for key, value in view.items() if key[0] != "_"})


def _create_view(ws: "Workspace", user: str, view: dict, below: dict | None) -> dict:
    number = ids.create_id("V")
    made = {
        "id": number,
        "team_id": personas.TEAM_ID,
        "type": view["type"],
        "blocks": block_kit.add_block_ids(view["blocks"]),
        "private_metadata": view.get("private_metadata") or "",
        "callback_id": view.get("callback_id") or "",
        "state": {"values": {}},
        "hash": f"{int(time.time())}.{ids.create_block_id()}",
        "title": view.get("title") or _EMPTY_TEXT,
        "clear_on_close": bool(view.get("clear_on_close")),
        "notify_on_close": bool(view.get("notify_on_close")),
        "close": view.get("close"),
        "submit": view.get("submit"),
        "previous_view_id": below["id"] if below else None,
        "root_view_id": below["root_view_id"] if below else number,
        "app_id": personas.APP_ID,
        "external_id": view.get("external_id") or "",
        "app_installed_team_id": personas.TEAM_ID,
        "bot_id": personas.BOT_ID,
        "_user": user,
        "_errors": {},
    }
    for block in made["blocks"]:
        if block["type"] == "input" and not block["element"].get("action_id"):
            block["element"] = {**block["element"], "action_id": ids.create_block_id()}
    made["state"] = build_state(made, {})
    ws.state.views[number] = made
    return made


def _keep_typed_values(old: dict, new: dict) -> dict:
    typed = {
        block_id: {name: old.get(block_id, {}).get(name, value) for name, value in fields.items()}
        for block_id, fields in new.items()
    }
    return {"values": copy.deepcopy(typed)}


def _check_view(view: dict, kind: str) -> None:
    wrong = []
    if view.get("type") != kind:
        wrong.append(f"must be {kind} [json-pointer:/view/type]")
    wrong += block_kit.list_errors(view.get("blocks"), kind)
    if kind == "modal":
        wrong += (
            _check_plain_text(view, "title", 24, True)
            + _check_plain_text(view, "submit", 24)
            + _check_plain_text(view, "close", 24)
        )
        blocks = view.get("blocks")
        if (
            isinstance(blocks, list)
            and not view.get("submit")
            and any(b.get("type") == "input" for b in blocks if isinstance(b, dict))
        ):
            wrong.append("`submit` is required when an input block is within blocks [json-pointer:/view]")
    for key, most in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
        if len(view.get(key) or "") > most:
            wrong.append(f"must be less than {most + 1} characters [json-pointer:/view/{key}]")
    if wrong:
        raise SlackApiError("invalid_arguments", wrong)
    if len(json.dumps(view, ensure_ascii=False).encode()) > 250_000:
        raise SlackApiError("view_too_large")


def _check_plain_text(view: dict, key: str, most: int, required: bool = False) -> list[str]:
    text = view.get(key)
    if text is None:
        return [f"missing required field: {key} [json-pointer:/view]"] if required else []
    if not isinstance(text, dict) or text.get("type") != "plain_text" or not isinstance(text.get("text"), str):
        return [f"must be a plain_text object [json-pointer:/view/{key}]"]
    if not 0 < len(text["text"]) <= most:
        return [f"must be less than {most + 1} characters [json-pointer:/view/{key}/text]"]
    return []


def _get_initial_value(element: dict):
    for key in (
        "initial_value",
        "initial_option",
        "initial_options",
        "initial_date",
        "initial_user",
        "initial_users",
        "initial_time",
        "initial_conversation",
        "initial_channel",
    ):
        if key in element:
            return element[key]
    return None


def _parse_value(element: dict, given) -> dict:
    kind = element["type"]
    if isinstance(given, dict) and given.get("type") == kind:
        return given
    if kind in ("plain_text_input", "email_text_input", "url_text_input", "number_input"):
        return {"type": kind, "value": given or None}
    if kind in ("static_select", "external_select", "radio_buttons"):
        return {"type": kind, "selected_option": _find_option(element, given) if given else None}
    if kind in ("multi_static_select", "multi_external_select", "checkboxes"):
        return {"type": kind, "selected_options": [_find_option(element, one) for one in given or []]}
    if kind.startswith("multi_"):
        return {"type": kind, f"selected_{kind.split('_')[1]}": list(given or [])}
    key = {
        "datepicker": "date",
        "timepicker": "time",
        "users_select": "user",
        "conversations_select": "conversation",
        "channels_select": "channel",
        "datetimepicker": "date_time",
    }.get(kind, "value")
    return {"type": kind, f"selected_{key}": given or None}


def _find_option(element: dict, given) -> dict:
    if isinstance(given, dict):
        return given
    groups = [group["options"] for group in element.get("option_groups", [])]
    for option in [*element.get("options", []), *(option for group in groups for option in group)]:
        if option["value"] == given:
            return option
    if element["type"].endswith("external_select"):
        return {"text": {"type": "plain_text", "text": given}, "value": given}
    raise KeyError(f"no option {given!r}")
