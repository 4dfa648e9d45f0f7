"""reactions.*"""

import re

from helpdesk.demo import cast
from helpdesk.demo.slack import store
from helpdesk.demo.slack.api.registry import Arguments, Refused, channel, method

_NAME = re.compile(r"^[a-z0-9_+'-]{1,100}(::skin-tone-[2-6])?$")


@method("reactions.add", "reactions:write")
def add(ws, args: Arguments) -> dict:
    found, ts, name = _item(ws, args)
    if found.archived:
        raise Refused("is_archived")
    if not store.react(ws, found, ts, cast.BOT_USER_ID, name):
        raise Refused("already_reacted")
    return {}


@method("reactions.remove", "reactions:write")
def remove(ws, args: Arguments) -> dict:
    found, ts, name = _item(ws, args)
    if not store.unreact(ws, found, ts, cast.BOT_USER_ID, name):
        raise Refused("no_reaction")
    return {}


@method("reactions.get", "reactions:read")
def get(ws, args: Arguments) -> dict:
    found = channel(ws, args, member=True)
    ts = args.text("timestamp")
    if ts not in found.messages:
        raise Refused("message_not_found")
    return {"type": "message", "channel": found.id, "message": store.shown(found, found.messages[ts])}


def _item(ws, args: Arguments):
    name = args.text("name", required=False).strip(":")
    if not _NAME.match(name):
        raise Refused("invalid_name")
    if "timestamp" not in args or "channel" not in args:
        raise Refused("no_item_specified")
    found = channel(ws, args, member=True)
    ts = args.text("timestamp")
    if ts not in found.messages:
        raise Refused("message_not_found")
    return found, ts, name
