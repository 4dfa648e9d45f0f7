"""``helpdesk worker``: what delivers, understands what came in, and keeps the clock."""

import logging
import time

import click

from helpdesk import config
from helpdesk.channels import slack
from helpdesk.channels.errors import ChannelError
from helpdesk.channels.slack import socket
from helpdesk.cli import processes
from helpdesk.domain import inbox
from helpdesk.extensions import db

log = logging.getLogger(__name__)


@click.command()
@click.option(
    "--processes", "count", type=click.IntRange(1, 64), help="How many; WORKER_PROCESSES otherwise."
)
def worker(count: int | None) -> None:
    """Run the workers until SIGTERM or Ctrl-C, which let each finish what it is at."""
    current = config.load()
    bodies = [_work] * (count or current.WORKER_PROCESSES)
    if current.SLACK_APP_TOKEN:
        bodies.append(_listen)
    processes.keep_running(bodies)


def _work() -> None:
    import helpdesk
    from workers import worker as working

    working.run(helpdesk.create_app())


def _listen() -> None:
    """Receive Slack's events by Socket Mode; a lost start is tried again for as long as we run."""
    import helpdesk

    app = helpdesk.create_app()
    current = config.current()

    def accept(source: str, external_id: str, payload: dict) -> dict | None:
        with app.app_context():
            try:
                mistakes = inbox.check_at_once(payload)
                if mistakes:
                    return slack.blocks.errors(mistakes)
                inbox.accept(source, external_id, payload)
                db.session.commit()
                return None
            finally:
                db.session.remove()

    while True:
        try:
            socket.listen(current.SLACK_APP_TOKEN, accept, current.SLACK_API_URL).wait()
        except ChannelError as error:
            log.warning("Socket Mode did not start: %s", error.reason)
            time.sleep(10)
