"""Sends requests to the portal, signed as in Slack's page "Verifying requests from Slack"."""

import hashlib
import hmac
import http.client
import json
import time
import urllib.parse
from dataclasses import dataclass


@dataclass(frozen=True)
class PortalResponse:
    """The result of one request: without a response `status` is 0 and `reason` is Slack's retry reason."""

    status: int
    reason: str
    body: bytes = b""
    content_type: str = ""
    no_retry: bool = False

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


def build_signature_headers(secret: str, body: bytes, now: float | None = None) -> dict[str, str]:
    """The two signature headers for `body`; `now` in Unix seconds.

    Source: docs.slack.dev/authentication/verifying-requests-from-slack.
    """
    stamp = str(int(time.time() if now is None else now))
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": "v0=" + digest}


def post_signed(
    url: str, body: bytes, content_type: str, secret: str, timeout: float, extra: dict | None = None
) -> PortalResponse:
    """POST; network and portal errors are part of the result, never raised. `timeout` in seconds.

    Source: docs.slack.dev/apis/events-api (X-Slack-Retry-Reason, X-Slack-No-Retry).
    """
    parts = urllib.parse.urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=timeout)
    sent = {
        "Content-Type": content_type,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "Accept": "*/*",
        **build_signature_headers(secret, body),
        **(extra or {}),
    }
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path or "/", body, sent)
        response = connection.getresponse()
        data = response.read()
        reason = "" if 200 <= response.status < 300 else "http_error"
        no_retry = response.headers.get("X-Slack-No-Retry") == "1"
        return PortalResponse(response.status, reason, data, response.headers.get("Content-Type", ""), no_retry)
    except TimeoutError:
        return PortalResponse(0, "http_timeout")
    except (OSError, http.client.HTTPException):
        return PortalResponse(0, "connection_failed")
    finally:
        connection.close()


def parse_json(response: PortalResponse) -> dict:
    """The JSON object of a response body; {} when it is none."""
    try:
        content = json.loads(response.body or b"{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
