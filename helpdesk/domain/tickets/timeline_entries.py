"""What stands in a ticket's timeline as a page shows it: plain values, because a page shows many and changes none."""

from dataclasses import dataclass, field
from datetime import datetime

from helpdesk.domain.tickets.delivery_status import DeliveryStatus
from helpdesk.models.attachment import Attachment
from helpdesk.models.delivery import DeliveryState
from helpdesk.models.message import Message, MessageKind


@dataclass(slots=True)
class TimelineFile:
    """An attachment."""

    key: str
    name: str
    size: int
    media_type: str
    state: str
    reason: str | None

    is_image = Attachment.is_image


@dataclass(slots=True)
class TimelineMessage:
    """A message with its author's name and picture, its files, and for the team where it went."""

    id: int
    seq: int
    kind: str
    from_team: bool
    author_id: int | None
    body: str
    rendered: str
    rendered_version: int
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    revision: int
    quoted: str | None
    author_display_name: str
    author_picture_url: str | None
    attachments: list[TimelineFile] = field(default_factory=list)
    deliveries: list[DeliveryStatus] = field(default_factory=list)

    html = Message.html
    is_event = False

    @property
    def is_note(self) -> bool:
        return self.kind == MessageKind.note

    team_only = is_note

    @property
    def active_deliveries(self) -> list[DeliveryStatus]:
        """What went where the ticket still lives."""
        return [each for each in self.deliveries if not each.place.ended_at]

    @property
    def problem_deliveries(self) -> list[DeliveryStatus]:
        """What waits for a person: it failed, or it is held back where the ticket still lives."""
        return [
            each
            for each in self.deliveries
            if each.state == DeliveryState.failed or each.state == DeliveryState.on_hold and not each.place.ended_at
        ]


@dataclass(slots=True)
class TimelineEvent:
    """An event; the door puts its ``sentence``."""

    id: int
    seq: int
    kind: str
    team_only: bool
    actor_name: str
    data: dict
    created_at: datetime
    sentence: str = ""

    is_event = True
