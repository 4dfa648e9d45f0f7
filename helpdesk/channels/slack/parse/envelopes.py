"""Decode the envelope of a request from Slack: its kind, its id, and the app and workspace it is for. Pure."""

import hashlib
import json
from typing import Any
from urllib.parse import parse_qs

from helpdesk.channels.slack.parse import json_access


def decode_request(body: bytes, content_type: str = "") -> dict[str, Any]:
    """Return the payload of a request: events are JSON, pressed buttons a form with JSON in it, commands a plain form.

    Raises ValueError for anything else.
    """
    text = body.decode("utf-8")
    if "json" in content_type.lower() or text.lstrip().startswith("{"):
        return _parse_object(text)
    fields = {name: values[0] for name, values in parse_qs(text, keep_blank_values=True, max_num_fields=200).items()}
    if "payload" in fields:
        return _parse_object(fields["payload"])
    if "command" in fields or "ssl_check" in fields:
        return _remove_unstorable(fields)
    raise ValueError("This is not a request of Slack's.")


def payload_kind(payload: dict) -> str:
    """Return the kind of payload: challenge, ssl_check, event, action, command, options, limited or other.

    Slack sends ssl_check to the address of a command to check its certificate (docs.slack.dev, slash commands).
    """
    if payload.get("ssl_check"):
        return "ssl_check"
    type_ = payload.get("type")
    if type_ == "url_verification":
        return "challenge"
    if type_ == "event_callback":
        return "event"
    if type_ == "app_rate_limited":
        return "limited"
    if type_ == "block_suggestion":
        return "options"
    if isinstance(type_, str) and type_ in {
        "block_actions",
        "view_submission",
        "view_closed",
        "message_action",
        "shortcut",
    }:
        return "action"
    return "command" if payload.get("command") else "other"


def describe(payload: dict) -> str:
    """Return the type of what was sent, such as "message.channel_join", in at most 100 characters."""
    event = json_access.object_in(payload, "event")
    names = [json_access.text_or_empty(event.get(name)) for name in ("type", "subtype")]
    named = ".".join(each for each in names if each) or json_access.text_or_empty(payload.get("type"))
    return named[:100] or "no type"


def payload_id(payload: dict) -> str:
    """Return an id that is the same when Slack sends the same thing again, and another for anything else. Never
    empty.
    """
    if payload.get("event_id"):
        return str(payload["event_id"])
    trigger = payload.get("trigger_id")
    if trigger:
        first = (json_access.objects_in(payload.get("actions")) or [{}])[0]
        return ":".join(
            str(part) for part in (payload.get("type") or "command", trigger, first.get("action_ts")) if part
        )
    canonical = json.dumps(payload, sort_keys=True, default=str)
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def is_for_us(
    payload: dict, app_id: str | None = None, team_id: str | None = None, enterprise_id: str | None = None
) -> bool:
    """Return whether ``payload`` is for our app in our workspace; a part that is None, or that Slack did not send, is
    not checked.

    In an Enterprise organization it may name another of its workspaces: ``enterprise_id`` is then enough.
    """
    apps = {json_access.text_or_empty(payload.get("api_app_id"))} - {""}
    team, enterprise = (json_access.object_in(payload, name) for name in ("team", "enterprise"))
    named = [payload.get(name) for name in ("team_id", "context_team_id", "context_enterprise_id", "enterprise_id")]
    named += [team.get("id"), team.get("enterprise_id"), enterprise.get("id")]
    for each in json_access.objects_in(payload.get("authorizations")):
        named += [each.get("team_id"), each.get("enterprise_id")]
    teams = {json_access.text_or_empty(each) for each in named} - {""}
    ours = {team_id, enterprise_id} - {None, ""}
    return (not app_id or not apps or app_id in apps) and (not ours or not teams or bool(ours & teams))


def team_id_of(payload: dict) -> str:
    """Return the workspace whose installation received this: ours, also where a member of another workspace acted in a
    shared channel.
    """
    for authorization in json_access.objects_in(payload.get("authorizations")):
        if authorization.get("team_id"):
            return str(authorization["team_id"])
    return json_access.text_or_empty(payload.get("team_id")) or json_access.text_or_empty(
        json_access.object_in(payload, "team").get("id")
    )


def _parse_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
        # No database stores these two kinds of character, and nobody types them.
        if "\\u0000" in text or "\\ud" in text.lower():
            value = _remove_unstorable(value)
    except (ValueError, RecursionError):
        raise ValueError("This is not JSON.") from None
    if not isinstance(value, dict):
        raise ValueError("This is not a JSON object.")
    return value


def _remove_unstorable(value: Any) -> Any:
    """Return ``value`` without NUL characters and halves of surrogate pairs in its texts."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_remove_unstorable(each) for each in value]
    if isinstance(value, dict):
        return {_remove_unstorable(name): _remove_unstorable(each) for name, each in value.items()}
    return value
