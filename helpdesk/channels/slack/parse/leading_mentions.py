"""Divide a message that begins with mentions ("@Maya note: …") into them and what follows. Pure."""

import re
from typing import Any

from helpdesk.channels.slack.parse import json_access

_MENTIONS = {"user", "usergroup", "broadcast"}
_BETWEEN = re.compile(r"[\s,;:&+.-]*")
_IN_TEXT = re.compile(r"(?:\s*<[@!][^<>]{1,200}>[\s,;:&+.-]*)+")


def split_mentions(message: dict) -> tuple[dict, dict] | None:
    """Return ``message`` with nothing but its leading mentions, and without them; None where it begins otherwise."""
    blocks = json_access.objects_in(message.get("blocks"))
    if not blocks:
        text = json_access.text_or_empty(message.get("text"))
        found = _IN_TEXT.match(text)
        if found is None:
            return None
        return {"text": found[0].rstrip(" \n,;:&+.-")}, message | {"text": text[found.end() :]}
    sections = json_access.objects_in(blocks[0].get("elements"))
    inside = json_access.objects_in(sections[0].get("elements")) if sections else []
    count = _count_leading(inside)
    if not count:
        return None
    rest = [dict(each) for each in inside[count:]]
    if rest and isinstance(rest[0].get("text"), str):
        rest[0]["text"] = rest[0]["text"][_BETWEEN.match(rest[0]["text"]).end() :]
    section = sections[0]
    named = {"blocks": [blocks[0] | {"elements": [section | {"elements": inside[:count]}]}]}
    kept = blocks[0] | {"elements": [section | {"elements": rest}, *sections[1:]]}
    return named, message | {"blocks": [kept, *blocks[1:]]}


def _count_leading(inside: list[dict]) -> int:
    """Count the elements up to the last mention before any word."""
    count = 0
    for number, element in enumerate(inside, 1):
        kind: Any = element.get("type")
        if kind in _MENTIONS:
            count = number
        elif kind != "text" or not _BETWEEN.fullmatch(json_access.text_or_empty(element.get("text"))):
            break
    return count
