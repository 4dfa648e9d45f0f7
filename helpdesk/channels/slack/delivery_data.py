"""Typed access to ``Delivery.data`` of Slack's deliveries: written when they are enqueued or were sent."""

from dataclasses import dataclass
from typing import Any

from helpdesk.models.delivery import Delivery

POST_KEY = "post_key"  # of a file that went along with another delivery: the key of that one


@dataclass(frozen=True)
class Reaction:
    """A reaction to add or remove: Web API method, ts of the message, and name of the emoji."""

    method: str
    timestamp: str
    name: str


def part_text(delivery: Delivery) -> str:
    """Return the Markdown of one part of a message."""
    return str(delivery.data["text"])


def set_part_text(delivery: Delivery, text: str) -> None:
    """Change the Markdown of a part that was not sent yet."""
    delivery.data = {**delivery.data, "text": text}


def reaction(delivery: Delivery) -> Reaction:
    """Return the reaction of a delivery of the kind mark."""
    return Reaction(delivery.data["method"], delivery.data["timestamp"], delivery.data["name"])


def attachment_id(delivery: Delivery) -> int:
    """Return the id of the attachment that a delivery of the kind file uploads."""
    return int(delivery.data["attachment"])


def sentence(delivery: Delivery) -> str:
    """Return the sentence of a delivery of the kind line."""
    return str(delivery.data["sentence"])


def mention(delivery: Delivery) -> str:
    """Return the mention before the sentence of a line, in mrkdwn; "" without one."""
    return str(delivery.data.get("mention") or "")


def is_team_only(delivery: Delivery) -> bool:
    """Return whether a line must not be written where customers read."""
    return bool(delivery.data.get("team_only"))


def replaces_card(delivery: Delivery) -> bool:
    """Return whether a card replaces one that was deleted in Slack."""
    return bool(delivery.data.get("again"))


def post_key(copy: Delivery) -> str:
    """Return the key of the delivery that posted the file of ``copy``: its own, or that which took it along."""
    return str(copy.data.get(POST_KEY) or copy.key)


def with_post(copy: Delivery, file_id: str, key: str, result: dict[str, Any]) -> dict[str, Any]:
    """Return the data of ``copy``, whose file the delivery ``key`` took along with ``result``, its result's extra."""
    return {**copy.data, POST_KEY: key, "file_id": file_id, "ts": result.get("ts"), "channel": result.get("channel")}


def is_upload(copy: Delivery) -> bool:
    """Return whether a sent delivery of the kind file is an uploaded file, not a sentence about one that is missing."""
    return bool(copy.data.get("file_id"))


def message_ts(copy: Delivery) -> str:
    """Return the ts of the message that shows an uploaded file; "" where Slack did not return it."""
    return str(copy.data.get("ts") or "")
