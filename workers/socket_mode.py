"""Receive Slack's events by Socket Mode, without a public address; they are handled like signed requests."""

import logging
import time
from typing import Any

from flask import Flask

from helpdesk import config
from helpdesk.channels.slack import requests
from helpdesk.channels.slack.api import socket_mode
from helpdesk.domain.outbox.errors import ChannelError
from helpdesk.extensions import db

RETRY_SECONDS = 10.0  # until a failed start is retried
log = logging.getLogger(__name__)


def run(app: Flask) -> None:
    """Receive events until the process ends. Needs SLACK_APP_TOKEN. A start that fails is retried."""
    while True:
        try:
            listen(app).wait()
        except ChannelError as error:
            log.warning("Socket Mode did not start: %s", error.reason)
            time.sleep(RETRY_SECONDS)


def listen(app: Flask) -> socket_mode.SocketListener:
    """Open the connections. An event is acknowledged to Slack once it is stored. Raises ChannelError."""

    def accept(_source: str, _external_id: str, payload: dict[str, Any]) -> dict[str, Any] | None:
        with app.app_context():
            try:
                return requests.handle_slack_request(payload)
            finally:
                db.session.remove()

    current = config.current()
    return socket_mode.listen(current.SLACK_APP_TOKEN, accept, current.SLACK_API_URL)
