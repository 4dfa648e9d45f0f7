"""Slack's events without a public address: what Socket Mode brings enters by the same door as a signed request."""

import logging
import time

from helpdesk import config
from helpdesk.channels.slack import requests
from helpdesk.channels.slack.api import socket_mode
from helpdesk.domain.outbox.errors import ChannelError
from helpdesk.extensions import db

AGAIN = 10.0  # seconds until a start that failed is tried again
log = logging.getLogger(__name__)


def run(app) -> None:
    """Listen until the process ends. Needs SLACK_APP_TOKEN. A start that fails is tried again for as long as we run."""
    while True:
        try:
            listen(app).wait()
        except ChannelError as error:
            log.warning("Socket Mode did not start: %s", error.reason)
            time.sleep(AGAIN)


def listen(app) -> socket_mode.SocketListener:
    """Open the connections. Slack is told that something arrived only once it is written down. Raises ChannelError."""

    def accept(_source: str, _external_id: str, payload: dict) -> dict | None:
        with app.app_context():
            try:
                return requests.handle_slack_request(payload)
            finally:
                db.session.remove()

    current = config.current()
    return socket_mode.listen(current.SLACK_APP_TOKEN, accept, current.SLACK_API_URL)
