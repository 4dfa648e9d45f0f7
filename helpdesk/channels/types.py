"""Plain values that cross the border between our house and a channel. No row and no session among them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class OutboundRequest:
    """One thing to be put into a channel.

    ``key`` is the delivery's own random key, carried along so that ``find`` can recognise the thing on the other side.
    ``method`` and ``arguments`` are the channel's own: a Web API method and its arguments, or "mail" with the finished bytes.
    ``sent_before`` is when an earlier try began, None for a first one; ``find`` looks from there on.
    """

    key: str
    method: str
    arguments: dict[str, Any]
    sent_before: datetime | None = None


@dataclass(frozen=True)
class SendResult:
    """What came of a post: the other side's id of it (a Slack ts, a Message-ID) and whatever else is worth keeping."""

    external_id: str
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RemoteFile:
    """A file that lies on the other side: fetched later, by id."""

    external_id: str
    name: str
    media_type: str
    size: int


@dataclass(frozen=True)
class ChannelEvent:
    """One thing a person did outside, in our words.

    ``kind``: message, edit, delete, reaction, action, command, shortcut, modal, home or mail. ``channel_id``, ``thread_id`` (its root),
    ``external_id`` and ``author_id`` are the channel's own ids; ``body`` is Markdown; ``data`` holds what only this kind has.
    """

    kind: str
    external_id: str
    author_id: str
    channel_id: str = ""
    thread_id: str | None = None
    body: str = ""
    files: tuple[RemoteFile, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    when: datetime | None = None
