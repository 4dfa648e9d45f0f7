"""The entries of a ticket's timeline, as plain values for a page."""

import zlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from helpdesk.domain.tickets.delivery_status import DeliveryStatus
from helpdesk.domain.tickets.shown_reactions import ShownReaction
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
    """A message with its author's name and picture, its files, and for the team its deliveries."""

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
    has_reactions: bool
    author_display_name: str
    author_picture_url: str | None
    attachments: list[TimelineFile] = field(default_factory=list)
    deliveries: list[DeliveryStatus] = field(default_factory=list)
    reactions: list[ShownReaction] = field(default_factory=list)
    shown_state: str = ""  # set by the page that shows it

    html = Message.html
    is_event = False

    @property
    def key(self) -> str:
        """A short name among the entries of its ticket."""
        return f"m{self.id}"

    @property
    def state(self) -> str:
        """Changes with everything about the message that a page shows, except by which customers it was read."""
        shown = (
            *(self.kind, self.revision, self.edited_at, self.deleted_at, self.author_display_name),
            *(self.author_picture_url, self.quoted is None, self.body),
            [(each.emoji, each.names, each.is_mine) for each in self.reactions],
            [(file.key, file.name, file.state, file.reason) for file in self.attachments],
            [(each.id, each.state, each.reason, each.bounced, each.place.ended_at) for each in self.deliveries],
        )
        return f"{zlib.crc32(repr(shown).encode()):x}"

    @property
    def is_note(self) -> bool:
        return self.kind == MessageKind.note

    team_only = is_note

    @property
    def active_deliveries(self) -> list[DeliveryStatus]:
        """The deliveries to threads that have not ended."""
        return [each for each in self.deliveries if not each.place.ended_at]

    @property
    def problem_deliveries(self) -> list[DeliveryStatus]:
        """The deliveries that need a person: failed, or on hold in a thread that has not ended."""
        return [
            each
            for each in self.deliveries
            if each.state == DeliveryState.failed or each.state == DeliveryState.on_hold and not each.place.ended_at
        ]


@dataclass(slots=True)
class TimelineEvent:
    """An event; the page that shows it sets its ``sentence`` and ``shown_state``."""

    id: int
    seq: int
    kind: str
    team_only: bool
    author_id: int | None
    actor_name: str
    data: dict[str, Any]
    created_at: datetime
    sentence: str = ""
    shown_state: str = ""

    is_event = True

    @property
    def key(self) -> str:
        """A short name among the entries of its ticket."""
        return f"e{self.id}"

    @property
    def state(self) -> str:
        """Changes with what a page shows of the event."""
        return f"{zlib.crc32(repr((self.kind, self.actor_name, self.data)).encode()):x}"
