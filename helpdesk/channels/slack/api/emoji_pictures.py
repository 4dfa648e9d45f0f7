"""Download pictures of a workspace's own emoji, from Slack's host for them and without the token."""

from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, build_opener

from helpdesk.channels.slack.api import api_errors, http_errors
from helpdesk.channels.slack.api import client as clients
from helpdesk.channels.slack.api.file_downloads import NoRedirect

HOSTS = {"emoji.slack-edge.com"}  # of every address in the published sample of emoji.list
MAX_BYTES = 512 * 1024  # Slack takes pictures of at most 128 KB
TIMEOUT_SECONDS = 15
SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"GIF8": "image/gif", b"\xff\xd8\xff": "image/jpeg"}


def download_picture(url: str) -> tuple[bytes, str]:
    """Return the bytes and the media type of the picture at ``url``. Raises PermanentError, TemporaryError."""
    if not _is_allowed(url):
        raise api_errors.permanent_error("Its address is not at Slack.")
    request = Request(url)  # noqa: S310 (just allowed)
    try:
        with build_opener(NoRedirect).open(request, timeout=TIMEOUT_SECONDS) as answer:
            data = answer.read(MAX_BYTES + 1)
    except HTTPError as answer:
        if answer.code in {429, 500, 502, 503, 504}:
            raise api_errors.temporary_error(f"Slack answered with HTTP {answer.code}.") from None
        raise api_errors.permanent_error(f"Slack answered with HTTP {answer.code}.") from None
    except http_errors.CONNECTION_ERRORS:
        raise api_errors.temporary_error("Slack could not be reached.") from None
    media_type = next((kind for begin, kind in SIGNATURES.items() if data.startswith(begin)), "")
    if not media_type or len(data) > MAX_BYTES:
        raise api_errors.permanent_error("It is no picture of at most 512 KB.")
    return data, media_type


def _is_allowed(url: str) -> bool:
    slack = clients.current()
    try:
        parts = urlsplit(url)
        is_slack = parts.scheme == "https" and parts.hostname in HOSTS and parts.port in {None, 443}
    except ValueError:
        return False
    if parts.username or parts.password:
        return False
    return is_slack or (http_errors.is_loopback(slack.host) and parts.netloc == urlsplit(slack.base_url).netloc)
