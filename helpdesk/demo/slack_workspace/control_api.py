"""The control API: the methods of Workspace over HTTP, for programs in other processes."""

import dataclasses
import json

import flask

from helpdesk.demo.slack_workspace import message_store
from helpdesk.demo.slack_workspace.workspace import Workspace

ACTION_NAMES = frozenset(
    {
        "say",
        "edit",
        "delete",
        "delete_file",
        "change_channel_id",
        "react",
        "unreact",
        "press",
        "press_view",
        "shortcut",
        "global_shortcut",
        "command",
        "home",
        "modal",
        "submit",
        "close",
        "posted",
        "replies",
        "message",
        "ephemerals",
        "home_view",
        "wait_posted",
        "wait_replies",
        "wait_ephemerals",
        "wait_modal",
        "settle",
        "archive",
        "unarchive",
        "kick",
        "invite",
        "create_channel",
        "revoke",
        "unrevoke",
        "misbehave",
        "behave",
        "dark",
        "event_faults",
        "delay_replies",
        "expire",
    }
)


def register_routes(app: flask.Flask, ws: Workspace) -> None:
    """Add POST /control and GET /control/state."""
    app.add_url_rule("/control", "control", lambda: _run_action(ws), methods=["POST"])
    app.add_url_rule("/control/state", "control_state", lambda: _json_response(_show_state(ws)))


def _run_action(ws: Workspace) -> flask.Response:
    arguments = flask.request.get_json(silent=True)
    # Another site's page could post a form here, but JSON only after a CORS preflight.
    if not isinstance(arguments, dict) or arguments.get("do") not in ACTION_NAMES:
        return _json_response({"ok": False, "error": "say what to do: " + ", ".join(sorted(ACTION_NAMES))}, 400)
    verb = arguments.pop("do")
    if "files" in arguments:
        arguments["files"] = [(name, content.encode(), *more) for name, content, *more in arguments["files"]]
    try:
        return _json_response({"ok": True, "result": getattr(ws, verb)(**arguments)})
    except (KeyError, LookupError, TypeError, ValueError, PermissionError, AssertionError) as error:
        return _json_response({"ok": False, "error": f"{type(error).__name__}: {error}"}, 400)


def _show_state(ws: Workspace) -> dict:
    with ws.state.lock:
        channels = {
            conversation.id: {
                "name": conversation.name,
                "archived": conversation.archived,
                "members": conversation.members,
                "messages": [
                    message_store.format_message(conversation, message, True)
                    for message in conversation.messages.values()
                ],
            }
            for conversation in ws.state.channels.values()
        }
        threads = {
            conversation.id: conversation.threads for conversation in ws.state.channels.values() if conversation.threads
        }
        events = {"sent": ws.events.sent, "failed": ws.events.failed, "waiting": ws.events.waiting}
        return {
            "channels": channels,
            "threads": threads,
            "calls": dict(ws.state.calls),
            "ephemerals": ws.state.ephemerals,
            "events": events,
        }


def _json_response(body: dict, status: int = 200) -> flask.Response:
    return flask.Response(json.dumps(body, default=_to_json_value), status, content_type="application/json")


def _to_json_value(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if dataclasses.is_dataclass(value):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if f.name != "generator"}
    return str(value)
