"""Receive events without a public address: Socket Mode through slack_sdk, into the same inbox as the signed
endpoints.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from helpdesk.channels.slack.api import api_errors, http_errors
from helpdesk.channels.slack.api import client as clients
from helpdesk.channels.slack.parse import envelopes

Accept = Callable[[str, str, dict], Any]

log = logging.getLogger(__name__)


class SocketListener:
    """Open connections to Slack; ``close`` ends them."""

    def __init__(self, connections: list[SocketModeClient]) -> None:
        self._connections = connections
        self._closed = threading.Event()

    def wait(self, seconds: float | None = None) -> bool:
        """Block until closed, at most ``seconds``; True once closed."""
        return self._closed.wait(seconds)

    def close(self) -> None:
        for connection in self._connections:
            with suppress(*http_errors.CONNECTION_ERRORS):
                connection.close()
        self._closed.set()


def listen(
    app_token: str,
    accept: Accept,
    base_url: str = clients.SLACK,
    connections: int = 2,
    timeout: int = clients.TIMEOUT,
) -> SocketListener:
    """Receive through ``connections`` sockets; each event arrives through one of them.

    ``accept(source, external_id, payload)`` stores the event and commits. Only when it has returned is the event
    acknowledged, so that Slack sends again what could not be stored. A dict that it returns is the answer to a modal.
    Raises ChannelError when no connection can be made.
    """
    opened: list[SocketModeClient] = []
    listener = SocketListener(opened)
    for _ in range(connections):
        web = WebClient(base_url=base_url, timeout=timeout, retry_handlers=[], logger=clients.quiet)
        connection = SocketModeClient(app_token, web_client=web, logger=clients.quiet)
        connection.socket_mode_request_listeners.append(
            lambda socket, request: receive_request(socket, request, accept)
        )
        opened.append(connection)
        try:
            connection.connect()
        except (SlackClientError, *http_errors.CONNECTION_ERRORS) as error:
            listener.close()
            code = getattr(getattr(error, "response", None), "get", lambda _: None)("error")
            raise api_errors.error_for_code(code) if code else http_errors.error_for_exception(error) from None
    return listener


def receive_request(socket: SocketModeClient, request: SocketModeRequest, accept: Accept) -> None:
    """Store one request with ``accept``, then acknowledge it; a request that could not be stored is not
    acknowledged.
    """
    try:
        answer = accept("slack", envelopes.payload_id(request.payload), request.payload)
    except Exception:
        # Not acknowledged, so Slack sends it again; the error is logged for the operator.
        log.exception("A Socket Mode request could not be stored")
        return
    answer = answer if isinstance(answer, dict) and request.accepts_response_payload else None
    socket.send_socket_mode_response(SocketModeResponse(request.envelope_id, answer))
