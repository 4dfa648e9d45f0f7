"""``helpdesk worker``: what delivers, understands what came in, and keeps the clock."""

import click

from helpdesk import config
from helpdesk.cli import supervisor


@click.command()
@click.option(
    "--processes", "count", type=click.IntRange(1, 64), help="How many that deliver; WORKER_PROCESSES otherwise."
)
def worker(count: int | None) -> None:
    """Run the workers until SIGTERM or Ctrl-C, which let each finish what it is at."""
    current = config.load_config()
    count = count or current.WORKER_PROCESSES
    bodies = [_deliver] * count + [_maintain] * max(1, count // 2)
    if current.SLACK_APP_TOKEN:
        bodies.append(_run_socket_mode)
    # Imported before the fork: the processes share it and need not do it once each.
    import helpdesk.web  # noqa: F401
    import workers.worker  # noqa: F401

    supervisor.run_workers(bodies)


def _deliver() -> None:
    import helpdesk
    from workers import worker as working

    working.run_delivery(helpdesk.create_app())


def _maintain() -> None:
    import helpdesk
    from workers import worker as working

    working.run_maintenance(helpdesk.create_app())


def _run_socket_mode() -> None:
    import helpdesk
    from workers import socket_mode

    socket_mode.run(helpdesk.create_app())
