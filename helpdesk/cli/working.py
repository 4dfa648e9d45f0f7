"""``helpdesk worker``: what delivers, understands what came in, and keeps the clock."""

import click

from helpdesk import config
from helpdesk.cli import processes


@click.command()
@click.option("--processes", "count", type=click.IntRange(1, 64), help="How many; WORKER_PROCESSES otherwise.")
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
    import helpdesk
    from workers import socket_mode

    socket_mode.run(helpdesk.create_app())
