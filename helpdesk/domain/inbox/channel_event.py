"""A parsed event of a channel, as plain values without database rows."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class RemoteFile:
    """A file stored by the external service; it is downloaded later, by its id. ``size`` is in bytes."""

    external_id: str
    name: str
    media_type: str
    size: int


@dataclass(frozen=True, kw_only=True)
class ChannelEvent:
    """One action of a person in a channel; each channel adds its own fields.

    ``channel_id``, ``thread_id`` (the id of the root message), ``external_id`` and ``author_id`` are the ids that the
    channel uses; ``body`` is Markdown.
    """

    external_id: str
    author_id: str
    channel_id: str = ""
    thread_id: str | None = None
    body: str = ""
    files: tuple[RemoteFile, ...] = ()
    when: datetime | None = None
