"""reactions.*"""

import re

from helpdesk.demo import personas
from helpdesk.demo.slack_workspace import message_store
from helpdesk.demo.slack_workspace.api.registry import Arguments, SlackApiError, get_channel, register_method

_NAME_PATTERN = re.compile(r"^[a-z0-9_+'-]{1,100}(::skin-tone-[2-6])?$")


@register_method("reactions.add", "reactions:write")
def add_reaction(ws, args: Arguments) -> dict:
    """Add an emoji of the bot to a message.

    Source: docs.slack.dev/reference/methods/reactions.add; sample api/reactions.add.json.
    """
    found, ts, name = _get_message(ws, args)
    if found.archived:
        raise SlackApiError("is_archived")
    if not message_store.add_reaction(ws, found, ts, personas.BOT_USER_ID, name):
        raise SlackApiError("already_reacted")
    return {}


@register_method("reactions.remove", "reactions:write")
def remove_reaction(ws, args: Arguments) -> dict:
    """Remove the bot's emoji from a message.

    Source: docs.slack.dev/reference/methods/reactions.remove; sample api/reactions.remove.json.
    """
    found, ts, name = _get_message(ws, args)
    if not message_store.remove_reaction(ws, found, ts, personas.BOT_USER_ID, name):
        raise SlackApiError("no_reaction")
    return {}


@register_method("reactions.get", "reactions:read")
def get_reactions(ws, args: Arguments) -> dict:
    """Return a message with its emoji.

    Source: docs.slack.dev/reference/methods/reactions.get; sample api/reactions.get.json.
    """
    found = get_channel(ws, args, member=True)
    ts = args.text("timestamp")
    if ts not in found.messages:
        raise SlackApiError("message_not_found")
    return {"type": "message", "channel": found.id, "message": message_store.format_message(found, found.messages[ts])}


def _get_message(ws, args: Arguments):
    name = args.text("name", required=False).strip(":")
    if not _NAME_PATTERN.match(name):
        raise SlackApiError("invalid_name")
    if "timestamp" not in args or "channel" not in args:
        raise SlackApiError("no_item_specified")
    found = get_channel(ws, args, member=True)
    ts = args.text("timestamp")
    if ts not in found.messages:
        raise SlackApiError("message_not_found")
    return found, ts, name
