"""Requests to Slack as plain values: a Web API call, a file upload or removal, or a post to a response URL."""

from dataclasses import dataclass
from typing import Any

from helpdesk.domain.outbox.channel import OutboundRequest


@dataclass(frozen=True)
class WebApiCall:
    """A Web API call; ``arguments`` are named as in the reference of the method."""

    method: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class FileUpload:
    """Upload of ``data`` as ``filename`` into the thread below ``thread_ts``, introduced as sent by ``author``."""

    channel: str
    thread_ts: str | None
    filename: str
    data: bytes
    author: str = ""
    username: str | None = None
    icon_url: str | None = None


@dataclass(frozen=True)
class FileRemoval:
    """Removal of the file with the id ``file`` and of the message at ``ts`` that shows it, where that is known."""

    file: str
    channel: str
    ts: str = ""


@dataclass(frozen=True)
class ResponseUrlPost:
    """Answer to a command or a pressed button at the one-time ``response_url`` that Slack gave for it."""

    url: str
    body: dict[str, Any]


SlackContent = WebApiCall | FileUpload | FileRemoval | ResponseUrlPost
SlackRequest = OutboundRequest[SlackContent]


def web_api_request(method: str, arguments: dict[str, Any], key: str = "") -> SlackRequest:
    """Make a request for a Web API call; with ``key`` an earlier attempt can be found again."""
    return OutboundRequest(key, WebApiCall(method, arguments))


def response_url_request(url: str, **body: Any) -> SlackRequest:
    """Make a request for an answer at Slack's one-time response URL."""
    return OutboundRequest("", ResponseUrlPost(url, body))
