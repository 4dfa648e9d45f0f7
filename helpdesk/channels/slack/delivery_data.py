"""What Slack's deliveries keep in ``Delivery.data``, by name: written when they are enqueued or were sent."""

from dataclasses import dataclass

from helpdesk.models.delivery import Delivery


@dataclass(frozen=True)
class Reaction:
    """A reaction to add or take back: Web API method, the message's ts, and the emoji's name."""

    method: str
    timestamp: str
    name: str


def part_text(delivery: Delivery) -> str:
    """The Markdown of one part of a message."""
    return str(delivery.data["text"])


def set_part_text(delivery: Delivery, text: str) -> None:
    """Change the Markdown of a part that has not left yet."""
    delivery.data = {**delivery.data, "text": text}


def reaction(delivery: Delivery) -> Reaction:
    """What a delivery of the kind mark does."""
    return Reaction(delivery.data["method"], delivery.data["timestamp"], delivery.data["name"])


def attachment_id(delivery: Delivery) -> int:
    """The row of the file that a delivery of the kind file uploads."""
    return int(delivery.data["attachment"])


def sentence(delivery: Delivery) -> str:
    """What a delivery of the kind line says."""
    return str(delivery.data["sentence"])


def is_team_only(delivery: Delivery) -> bool:
    """Whether a line must not stand where customers read."""
    return bool(delivery.data.get("team_only"))


def replaces_card(delivery: Delivery) -> bool:
    """Whether a card takes the place of one that was deleted in Slack."""
    return bool(delivery.data.get("again"))


def is_upload(copy: Delivery) -> bool:
    """Whether a sent delivery of the kind file is an uploaded file, not a sentence about one that is missing."""
    return bool(copy.data.get("file_id"))


def message_ts(copy: Delivery) -> str:
    """The ts of the message that shows an uploaded file; "" where Slack did not tell."""
    return str(copy.data.get("ts") or "")
