"""Download files from Slack: only from Slack's own file hosts, with every redirect checked, and never a sign-in page in
place of a file.
"""

import http.client
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from helpdesk.channels.slack.api import api_errors, http_errors
from helpdesk.channels.slack.api import client as clients
from helpdesk.channels.slack.parse import json_access
from helpdesk.domain.outbox import errors
from helpdesk.translation import gettext

ALLOWED_HOSTS = {"files.slack.com", "files-origin.slack.com", "files.slack-gov.com", "files-origin.slack-gov.com"}
# A canvas is sent as HTML whatever its own type is (agent-slack#19); unlike a sign-in page, it has no form.
CANVAS_TYPE, CANVAS_MODES, FORM = "application/vnd.slack-docs", {"canvas", "quip", "docs"}, b"<form"
MAX_BYTES = 20 * 1024 * 1024
TIMEOUT_SECONDS = 30  # seconds
MAX_REDIRECTS = 4
_CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True)
class DownloadedFile:
    name: str
    media_type: str
    size: int
    data: bytes


def download_file(file_id: str, client: clients.Client | None = None, limit: int = MAX_BYTES) -> DownloadedFile:
    """Download the file ``file_id``, at most ``limit`` bytes of it. Raises ChannelError with a sentence for the
    ticket.
    """
    slack = client or clients.current()
    file = json_access.object_in(slack.call("files.info", file=file_id), "file")
    name = json_access.text_or_empty(file.get("name")) or json_access.text_or_empty(file.get("title")) or "file"
    media_type = json_access.text_or_empty(file.get("mimetype")) or "application/octet-stream"
    url = json_access.text_or_empty(file.get("url_private_download")) or json_access.text_or_empty(
        file.get("url_private")
    )
    size = file.get("size")
    if not url and not file.get("is_external"):
        # The message comes before the file is ready (hermes-agent#45407).
        raise api_errors.temporary_error(gettext("%(name)s could not be fetched from Slack.", name=name))
    if file.get("is_external"):
        raise api_errors.permanent_error(
            gettext("%(name)s is not stored in Slack itself and cannot be fetched.", name=name)
        )
    if isinstance(size, int) and size > limit:
        raise api_errors.permanent_error(
            gettext("%(name)s is larger than %(limit)s MB.", name=name, limit=limit // (1024 * 1024))
        )
    is_canvas = media_type == CANVAS_TYPE or json_access.text_or_empty(file.get("mode")) in CANVAS_MODES
    data, answered = _fetch_content(slack, url, name, limit)
    if answered == "text/html" and media_type != "text/html" and not (is_canvas and FORM not in data.lower()):
        raise api_errors.permanent_error(
            gettext(
                "Slack sent its sign-in page instead of %(name)s. Check the app's permission files:read.", name=name
            )
        )
    if is_canvas:
        return DownloadedFile(f"{name}.html", "text/html", len(data), data)
    if isinstance(size, int) and size != len(data):
        raise api_errors.temporary_error(gettext("Only a part of %(name)s came from Slack.", name=name))
    return DownloadedFile(name, media_type, len(data), data)


def is_allowed_url(url: str, slack: clients.Client) -> bool:
    """Return whether a file may be fetched from ``url``: https on Slack's file hosts, or the stand-in on this
    machine.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if parts.username or parts.password:
        return False
    if parts.scheme == "https" and parts.hostname in ALLOWED_HOSTS and port in {None, 443}:
        return True
    return http_errors.is_loopback(slack.host) and parts.netloc == urlsplit(slack.base_url).netloc


def _fetch_content(slack: clients.Client, url: str, name: str, limit: int) -> tuple[bytes, str]:
    """Return (bytes, media type) at ``url``. The token is sent only to allowed hosts, which are checked at every
    redirect.
    """
    opener = build_opener(NoRedirect)
    for _ in range(MAX_REDIRECTS):
        if not is_allowed_url(url, slack):
            raise api_errors.permanent_error(
                gettext("Slack named an address outside of Slack for %(name)s, so it was not fetched.", name=name)
            )
        request = Request(url, headers={"Authorization": f"Bearer {slack.token}"})  # noqa: S310 (just allowed)
        try:
            with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                return _read_content(answer, name, limit), answer.headers.get_content_type()
        except HTTPError as other:
            location = other.headers.get("Location")
            if other.code not in {301, 302, 303, 307, 308} or not location:
                raise _refusal_error(other, name) from None
            url = urljoin(url, location)
        except http_errors.CONNECTION_ERRORS as error:
            reason = http_errors.error_for_exception(error)
            # A download changes nothing, so every failure may be retried.
            raise api_errors.temporary_error(
                gettext("%(name)s could not be fetched from Slack.", name=name), api_errors.error_code(reason)
            ) from None
    raise api_errors.permanent_error(
        gettext("%(name)s could not be fetched: Slack sent us from one address to the next.", name=name)
    )


def _read_content(answer: http.client.HTTPResponse, name: str, limit: int) -> bytes:
    pieces, total = [], 0
    while piece := answer.read(_CHUNK_BYTES):
        total += len(piece)
        if total > limit:
            raise api_errors.permanent_error(
                gettext("%(name)s is larger than %(limit)s MB.", name=name, limit=limit // (1024 * 1024))
            )
        pieces.append(piece)
    return b"".join(pieces)


def _refusal_error(answer: HTTPError, name: str) -> errors.ChannelError:
    if answer.code in {401, 403, 404, 410}:
        return api_errors.permanent_error(
            gettext("Slack does not give %(name)s to the app (HTTP %(code)s).", name=name, code=answer.code)
        )
    return api_errors.temporary_error(
        gettext("%(name)s could not be fetched from Slack (HTTP %(code)s).", name=name, code=answer.code)
    )


class NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *arguments: Any) -> None:
        return None
