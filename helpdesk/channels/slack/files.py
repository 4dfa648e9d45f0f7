"""Files out of Slack: only from Slack's own file hosts, each redirect looked at, and never a sign-in page for a file."""

import http.client
from dataclasses import dataclass
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from helpdesk.channels.slack import client as clients
from helpdesk.channels.slack import failures, shapes, transport

HOSTS = {"files.slack.com", "files-origin.slack.com"}
LIMIT = 20 * 1024 * 1024
TIMEOUT = 30  # seconds
HOPS = 4
_CHUNK = 64 * 1024


@dataclass(frozen=True)
class Downloaded:
    name: str
    media_type: str
    size: int
    data: bytes


def download(file_id: str, client: clients.Client | None = None, limit: int = LIMIT) -> Downloaded:
    """The file ``file_id``, at most ``limit`` bytes of it. Raises ChannelError with a sentence for the ticket."""
    slack = client or clients.current()
    file = shapes.part(slack.call("files.info", file=file_id), "file")
    name = shapes.text(file.get("name")) or shapes.text(file.get("title")) or "file"
    media_type = shapes.text(file.get("mimetype")) or "application/octet-stream"
    url = shapes.text(file.get("url_private_download")) or shapes.text(file.get("url_private"))
    size = file.get("size")
    if file.get("is_external") or not url:
        raise failures.permanent(f"{name} does not lie in Slack itself and cannot be fetched.")
    if isinstance(size, int) and size > limit:
        raise failures.permanent(f"{name} is larger than {limit // (1024 * 1024)} MB.")
    data, answered = _fetch(slack, url, name, limit)
    if answered == "text/html" and media_type != "text/html":
        raise failures.permanent(
            f"Slack sent its sign-in page instead of {name}. Check the app's permission files:read."
        )
    if isinstance(size, int) and size != len(data):
        raise failures.temporary(f"Only a part of {name} came from Slack.")
    return Downloaded(name, media_type, len(data), data)


def is_allowed(url: str, slack: clients.Client) -> bool:
    """Whether a file may be fetched from ``url``: https on Slack's file hosts, or the stand-in on this machine."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if parts.username or parts.password:
        return False
    if parts.scheme == "https" and parts.hostname in HOSTS and port in {None, 443}:
        return True
    return transport.is_loopback(slack.host) and parts.netloc == urlsplit(slack.base_url).netloc


def _fetch(slack: clients.Client, url: str, name: str, limit: int) -> tuple[bytes, str]:
    """(bytes, media type) at ``url``; the token goes along only to allowed hosts, which are checked at every hop."""
    opener = build_opener(_NoRedirect)
    for _ in range(HOPS):
        if not is_allowed(url, slack):
            raise failures.permanent(f"Slack named an address outside of Slack for {name}, so it was not fetched.")
        request = Request(url, headers={"Authorization": f"Bearer {slack.token}"})  # noqa: S310 (just allowed)
        try:
            with opener.open(request, timeout=TIMEOUT) as answer:
                return _read(answer, name, limit), answer.headers.get_content_type()
        except HTTPError as other:
            location = other.headers.get("Location")
            if other.code not in {301, 302, 303, 307, 308} or not location:
                raise _refused(other, name) from None
            url = urljoin(url, location)
        except transport.BROKEN as broken:
            reason = transport.failure(broken)
            # Fetching leaves nothing behind, so whatever broke may be tried again.
            raise failures.temporary(f"{name} could not be fetched from Slack.", failures.code_of(reason)) from None
    raise failures.permanent(f"{name} could not be fetched: Slack sent us from one address to the next.")


def _read(answer: http.client.HTTPResponse, name: str, limit: int) -> bytes:
    pieces, total = [], 0
    while piece := answer.read(_CHUNK):
        total += len(piece)
        if total > limit:
            raise failures.permanent(f"{name} is larger than {limit // (1024 * 1024)} MB.")
        pieces.append(piece)
    return b"".join(pieces)


def _refused(answer: HTTPError, name: str):
    if answer.code in {401, 403, 404, 410}:
        return failures.permanent(f"Slack does not give {name} to the app (HTTP {answer.code}).")
    return failures.temporary(f"{name} could not be fetched from Slack (HTTP {answer.code}).")


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None
