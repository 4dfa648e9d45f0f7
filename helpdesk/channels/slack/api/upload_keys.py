"""Recognise the message of an upload by the id of its first block, which names the deliveries of its files.

The id is ``delivery-KEY`` for one file and ``delivery-KEY-ID.ID.ID`` for several, in their order, in at most the 255
characters that Slack takes for it.
"""

from collections.abc import Callable, Sequence
from typing import Any

from helpdesk.channels.slack.parse import json_access
from helpdesk.domain.outbox.channel import SendResult

BLOCK_ID_PREFIX = "delivery-"

Message = dict[str, Any]


def format_block_id(key: str, delivery_ids: Sequence[int]) -> str:
    """Return the id of the block above the files that the deliveries with these ids send."""
    others = "-" + ".".join(map(str, delivery_ids)) if len(delivery_ids) > 1 else ""
    return f"{BLOCK_ID_PREFIX}{key}{others}"


def is_upload(message: Message, key: str) -> bool:
    """Return whether ``message`` is the one that the upload ``key`` made."""
    return _find_block_id(message, key) is not None


def match_upload(
    message: Message, key: str, names: dict[int, str], fetch_name: Callable[[str], str]
) -> SendResult | None:
    """Return the result of the upload ``key`` if ``message`` is the one that shows it, else None.

    ``names``: the names of the files that were to be sent, by the ids of their deliveries. Each file is recognised by
    its name; where Slack did not say it, ``fetch_name`` asks for that of the file with an id. Files of the same name,
    or of none that is known, are taken in their order.
    """
    block_id = _find_block_id(message, key)
    if block_id is None:
        return None
    files = [file for file in json_access.objects_in(message.get("files")) if file.get("id")]
    first = str(files[0]["id"]) if files else ""
    extra: dict[str, Any] = {"file_id": first, "ts": message.get("ts") or "", "found": True}
    delivery_ids = [int(each) for each in block_id[len(BLOCK_ID_PREFIX + key) + 1 :].split(".") if each.isdecimal()]
    if delivery_ids:
        shown = [(str(file["id"]), str(file.get("title") or "") or fetch_name(str(file["id"]))) for file in files]
        extra["files"] = _pair(delivery_ids, names, shown)
        first = extra["file_id"] = extra["files"].get(str(delivery_ids[0]), first)
    return SendResult(first, extra)


def _pair(delivery_ids: list[int], names: dict[int, str], shown: list[tuple[str, str]]) -> dict[str, str]:
    """Return the id of the file of each delivery; one whose file is gone already has none."""
    found: dict[str, str] = {}
    rest = list(shown)
    for each in delivery_ids:
        named = next((file for file in rest if file[1] and file[1] == names.get(each)), None)
        if named is not None:
            rest.remove(named)
            found[str(each)] = named[0]
    unnamed = [each for each in delivery_ids if str(each) not in found]
    if len(unnamed) == len(rest):
        found |= {str(each): file[0] for each, file in zip(unnamed, rest, strict=True)}
    return found


def _find_block_id(message: Message, key: str) -> str | None:
    for block in json_access.objects_in(message.get("blocks")):
        block_id = str(block.get("block_id") or "")
        if block_id == BLOCK_ID_PREFIX + key or block_id.startswith(f"{BLOCK_ID_PREFIX}{key}-"):
            return block_id
    return None
