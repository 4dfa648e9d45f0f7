"""The SDK's client on connections that stay open. By itself it opens one for each call, and reads the system's certificates
each time, which takes longer than the call.
"""

import http.client
import os
import select
import ssl
import time
from typing import Any
from urllib.request import Request

from slack_sdk import WebClient

from helpdesk.channels.slack.api import http_errors

IDLE = 10.0  # seconds a connection is kept between two calls; Slack's side, and whatever is between, keeps it longer


class KeepingClient(WebClient):
    """Replaces the one step of the SDK that opens, asks and closes; where the SDK no longer takes that step, nothing is kept.

    A connection is used again only after an answer that was read to its end. It is never used to try the same thing again:
    what breaks is raised, and the outbox decides. Through a proxy, the SDK does it its own way.
    """

    def __init__(self, *arguments, **settings):
        super().__init__(*arguments, **settings)
        self._idle: list[tuple[http.client.HTTPConnection, float, int]] = []  # with: idle since, of which process
        self._trust: ssl.SSLContext | None = None

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        if self.proxy is not None:
            return super()._perform_urllib_http_request_internal(url, req)
        connection = self._kept() or self._opened(req)
        try:
            connection.request("POST", req.selector, req.data, dict(req.header_items()))
            answer = connection.getresponse()
            body = answer.read().decode(answer.headers.get_content_charset() or "utf-8")
        except BaseException:
            connection.close()
            raise
        if answer.will_close:
            connection.close()
        else:
            self._idle.append((connection, time.monotonic(), os.getpid()))
        return {"status": answer.status, "headers": answer.headers, "body": body}

    def _kept(self) -> http.client.HTTPConnection | None:
        """The connection used last, if it is still good: threads share them, forked processes do not."""
        while self._idle:
            try:
                connection, since, process = self._idle.pop()
            except IndexError:  # another thread was faster
                return None
            if process == os.getpid() and time.monotonic() - since < IDLE and not _has_ended(connection):
                return connection
            connection.close()
        return None

    def _opened(self, req: Request) -> http.client.HTTPConnection:
        """A new connection. Raises Temporary: until there is one, nothing can have left."""
        if req.type == "https":
            self._trust = self._trust or self.ssl or ssl.create_default_context()
            connection = http.client.HTTPSConnection(req.host, timeout=self.timeout, context=self._trust)
        else:
            connection = http.client.HTTPConnection(req.host, timeout=self.timeout)
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            raise http_errors.error_for_connect_failure(error) from None
        return connection


def _has_ended(connection: http.client.HTTPConnection) -> bool:
    """Whether the other side has closed it, or has said something unasked: what can be read now is no answer to us."""
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN | select.POLLHUP)
    return bool(poll.poll(0))
