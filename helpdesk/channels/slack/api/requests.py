"""What is asked of Slack, as plain values: a method of the Web API, a file in its three steps, or an answer by its
address."""

from dataclasses import dataclass
from typing import Any

from helpdesk.domain.outbox.channel import OutboundRequest


@dataclass(frozen=True)
class WebApiCall:
    """A method of the Web API; ``arguments`` are the method's own, as its reference names them."""

    method: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class FileUpload:
    """``data`` as ``filename`` into the thread below ``thread_ts``, introduced as sent by ``author``."""

    channel: str
    thread_ts: str | None
    filename: str
    data: bytes
    author: str = ""
    username: str | None = None
    icon_url: str | None = None


@dataclass(frozen=True)
class FileRemoval:
    """Take the file with the id ``file`` away, and the message at ``ts`` that showed it, where that is known."""

    file: str
    channel: str
    ts: str = ""


@dataclass(frozen=True)
class ResponseUrlPost:
    """An answer to a command or a pressed button at the one-time ``response_url`` that Slack gave for it."""

    url: str
    body: dict[str, Any]


SlackContent = WebApiCall | FileUpload | FileRemoval | ResponseUrlPost
SlackRequest = OutboundRequest[SlackContent]


def web_api_request(method: str, arguments: dict[str, Any], key: str = "") -> SlackRequest:
    """A call of the Web API as a request; with ``key`` it is found again."""
    return OutboundRequest(key, WebApiCall(method, arguments))


def response_url_request(url: str, **body: Any) -> SlackRequest:
    """An answer at Slack's one-time address as a request."""
    return OutboundRequest("", ResponseUrlPost(url, body))
