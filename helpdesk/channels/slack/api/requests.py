"""Requests to Slack as plain values: a Web API call, a file upload or removal, or a post to a response URL."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from helpdesk.domain.outbox.channel import OutboundRequest


@dataclass(frozen=True)
class WebApiCall:
    """A Web API call; ``arguments`` are named as in the reference of the method.

    ``plain_arguments`` are sent instead where Slack refuses the layout of a message. ``former_roots``: threads of the
    same ticket, whose cards were deleted, in which an earlier attempt may have arrived.
    """

    method: str
    arguments: dict[str, Any]
    plain_arguments: dict[str, Any] | None = None
    former_roots: tuple[str, ...] = ()

    @property
    def is_direct(self) -> bool:
        """Whether it is a direct message: its channel is the id of a person."""
        return str(self.arguments.get("channel") or "")[:1] in {"U", "W"}


@dataclass(frozen=True)
class UploadedFile:
    """One file of an upload: the id of its delivery, its name, and the function that reads its content.

    ``read`` raises FileNotFoundError or StorageUnavailable. Files are read one after the other, so that no more than
    one is in memory.
    """

    delivery_id: int
    name: str
    read: Callable[[], bytes]


@dataclass(frozen=True)
class FileUpload:
    """Upload of ``files`` into the thread below ``thread_ts`` as one message, introduced as sent by ``author``.

    The first is that of the delivery itself; the others are of deliveries that wait behind it. ``names``: those of all
    files of the message, by the ids of their deliveries, to recognise an earlier upload. ``former_roots``: as in
    ``WebApiCall``.
    """

    channel: str
    thread_ts: str | None
    files: tuple[UploadedFile, ...] = ()
    names: dict[int, str] = field(default_factory=dict)
    author: str = ""
    username: str | None = None
    icon_url: str | None = None
    former_roots: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileRemoval:
    """Removal of the file with the id ``file`` and, if ``removes_message``, of the message at ``ts`` that shows it.

    Where ``ts`` is not known, the message is the one in the thread below ``thread_ts`` that the upload ``key`` made.
    """

    file: str
    channel: str
    ts: str = ""
    key: str = ""
    thread_ts: str | None = None
    uploaded_at: datetime | None = None
    removes_message: bool = True


@dataclass(frozen=True)
class ResponseUrlPost:
    """Answer to a command or a pressed button at the ``response_url`` that Slack gave for it, valid for half an hour.

    Where it is no longer valid, the user with the Slack id ``user_id`` gets the answer as a direct message.
    """

    url: str
    body: dict[str, Any]
    user_id: str = ""


SlackContent = WebApiCall | FileUpload | FileRemoval | ResponseUrlPost
SlackRequest = OutboundRequest[SlackContent]


def web_api_request(method: str, arguments: dict[str, Any], key: str = "") -> SlackRequest:
    """Make a request for a Web API call; with ``key`` an earlier attempt can be found again."""
    return OutboundRequest(key, WebApiCall(method, arguments))


def response_url_request(url: str, user_id: str = "", **body: Any) -> SlackRequest:
    """Make a request for an answer at Slack's response URL, or else as a direct message to ``user_id``."""
    return OutboundRequest("", ResponseUrlPost(url, body, user_id))
