"""Everything that is fetched for one Slack payload before it is applied."""

from dataclasses import dataclass, field

from helpdesk.channels.slack.api import directory
from helpdesk.channels.slack.api.requests import SlackRequest
from helpdesk.channels.slack.parse.event_types import SlackEvent
from helpdesk.channels.slack.parse.events import BotIdentity
from helpdesk.domain.inbox.channel_event import RemoteFile


@dataclass(frozen=True)
class DownloadedFile:
    """A file somebody added in Slack: stored under ``key``, or with the ``reason`` why it is not."""

    external_id: str
    name: str
    media_type: str
    size: int
    key: str = ""
    reason: str = ""


@dataclass(frozen=True)
class CustomerMessage:
    """A customer's message to file: its place in Slack, its text as Markdown, its files and its author's Slack id."""

    channel_id: str
    ts: str
    thread_ts: str | None
    body: str
    files: tuple[RemoteFile, ...]
    author_id: str


@dataclass(frozen=True)
class EventContext:
    """The events of one payload, and what Slack knows about them.

    ``profiles`` by Slack user id, ``files`` by Slack file id, ``places`` by channel id; ``ourselves`` is our app.
    ``offered`` is the message that a customer chose to file by a button, or edited before it came (``is_read_again``);
    None where it is gone. ``answers`` were made before the transaction, because the commands they answer only read.
    ``why_nothing`` is the outcome where no event concerns us.
    """

    events: tuple[SlackEvent, ...] = ()
    ourselves: BotIdentity = field(default_factory=BotIdentity)
    profiles: dict[str, directory.Profile] = field(default_factory=dict)
    files: dict[str, DownloadedFile] = field(default_factory=dict)
    places: dict[str, directory.ChannelInfo] = field(default_factory=dict)
    offered: CustomerMessage | None = None
    is_read_again: bool = False
    answers: list[SlackRequest] = field(default_factory=list)
    why_nothing: str = "Nothing for us."
