"""What is known about one Slack payload before anything is done about it: all that had to be asked of Slack."""

from dataclasses import dataclass, field

from helpdesk.channels.slack import people
from helpdesk.channels.values import Heard, Post


@dataclass(frozen=True)
class Fetched:
    """A file somebody added in Slack: in the store under ``key``, or with the ``reason`` why it is not."""

    external_id: str
    name: str
    media_type: str
    size: int
    key: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Understood:
    """``profiles`` by Slack user id, ``files`` by Slack file id, ``places`` by channel id; ``team_id`` is our workspace.

    ``answers`` were made while nothing was held, because what was asked for is only read.
    """

    heard: tuple[Heard, ...] = ()
    team_id: str = ""
    profiles: dict[str, people.Profile] = field(default_factory=dict)
    files: dict[str, Fetched] = field(default_factory=dict)
    places: dict[str, people.Channel] = field(default_factory=dict)
    answers: list[Post] = field(default_factory=list)
