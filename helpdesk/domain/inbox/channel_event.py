"""What a channel makes of something a person did outside. Plain values: no row and no session among them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class RemoteFile:
    """A file that lies on the other side: fetched later, by id. ``size`` is in bytes."""

    external_id: str
    name: str
    media_type: str
    size: int


@dataclass(frozen=True, kw_only=True)
class ChannelEvent:
    """One thing a person did outside; each channel adds the fields that only it knows.

    ``channel_id``, ``thread_id`` (the root message's id), ``external_id`` and ``author_id`` are the channel's own ids;
    ``body`` is Markdown.
    """

    external_id: str
    author_id: str
    channel_id: str = ""
    thread_id: str | None = None
    body: str = ""
    files: tuple[RemoteFile, ...] = ()
    when: datetime | None = None
