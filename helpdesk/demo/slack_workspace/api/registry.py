"""Declares Web API methods, parses their arguments and builds their errors."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpdesk.demo import personas

if TYPE_CHECKING:
    from helpdesk.demo.slack_workspace.state import ChannelState
    from helpdesk.demo.slack_workspace.workspace import Workspace


class SlackApiError(Exception):
    """An `ok: false` answer: Slack's name of the error and further fields."""

    def __init__(self, error: str, messages: list[str] | None = None, **beside):
        super().__init__(error)
        self.answer: dict = {"ok": False, "error": error, **beside}
        if messages:
            self.answer["response_metadata"] = {"messages": [f"[ERROR] {message}" for message in messages]}


@dataclass(frozen=True)
class Method:
    """One method: its function and the bot scopes of which one is enough."""

    name: str
    run: Callable[["Workspace", "Arguments"], dict]
    scopes: tuple[str, ...]


METHODS: dict[str, Method] = {}


def register_method(name: str, *scopes: str):
    """Register a function as a method that needs one of these scopes (none: any token will do)."""

    def register(function):
        METHODS[name] = Method(name, function, scopes)
        return function

    return register


class Arguments:
    """What the caller sent, however it came: JSON body, form or query."""

    def __init__(self, values: dict, token: str):
        self.values = values
        self.token = token

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) is not None

    def text(self, name: str, required: bool = True, default: str = "") -> str:
        """A string. A missing required one is `invalid_arguments`, as in Slack."""
        value = self.values.get(name)
        if value is None or value == "":
            if required:
                raise SlackApiError("invalid_arguments", [f"missing required field: {name}"])
            return default
        if isinstance(value, (dict, list)):
            raise SlackApiError("invalid_arguments", [f"must be a string [json-pointer:/{name}]"])
        return str(value)

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.values.get(name)
        return default if value is None else str(value).lower() in ("1", "true")

    def number(self, name: str, default: int, most: int) -> int:
        """A limit between 1 and `most`; `invalid_limit` otherwise."""
        try:
            value = int(self.values.get(name) or default)
        except (TypeError, ValueError):
            raise SlackApiError("invalid_limit") from None
        if value < 1:
            raise SlackApiError("invalid_limit")
        return min(value, most)

    def json(self, name: str, error: str = "invalid_arguments"):
        """A structure, sent as such in JSON or as a string in a form. None when it is missing."""
        value = self.values.get(name)
        if isinstance(value, str):
            if not value:
                return None
            try:
                return json.loads(value)
            except ValueError:
                raise SlackApiError(error) from None
        return value


def get_channel(ws: "Workspace", args: Arguments, member: bool = False, name: str = "channel") -> "ChannelState":
    """The conversation named by an argument. `member`: only where the app is in it (`not_in_channel`).

    Source: docs.slack.dev/reference/methods/conversations.info (channel_not_found, not_in_channel).
    """
    wanted = args.text(name, required=False)
    if not wanted:
        raise SlackApiError("channel_not_found" if name == "channel" else "invalid_arguments")
    found = ws.state.channels.get(wanted)
    if found is None or (found.private and personas.BOT_USER_ID not in found.members):
        raise SlackApiError("channel_not_found")
    if member and personas.BOT_USER_ID not in found.members:
        raise SlackApiError("not_in_channel")
    return found


def paginate(args: Arguments, items: list, default: int, most: int) -> tuple[list, str]:
    """One page of a list and the cursor of the next, which is empty on the last.

    Source: docs.slack.dev/apis/web-api/pagination.
    """
    limit = args.number("limit", default, most)
    start = 0
    if cursor := args.text("cursor", required=False):
        try:
            start = int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
        except ValueError:
            raise SlackApiError("invalid_cursor") from None
    end = start + limit
    following = base64.b64encode(f"next:{end}".encode()).decode() if end < len(items) else ""
    return items[start:end], following
