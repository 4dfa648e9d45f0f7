"""``helpdesk worker``: the processes that deliver, process received events, and run periodic jobs."""

import gc

import click

from helpdesk import config, process_metrics
from helpdesk.cli import supervisor


@click.command()
@click.option(
    "--processes",
    "count",
    type=click.IntRange(1, 64),
    help="Number of processes that deliver; default: WORKER_PROCESSES.",
)
def worker(count: int | None) -> None:
    """Run the workers until SIGTERM or Ctrl-C; each then finishes its current work."""
    current = config.load_config()
    count = count or current.WORKER_PROCESSES
    targets = [_deliver] * count + [_maintain] * max(1, count // 2)
    if current.SLACK_APP_TOKEN:
        targets.append(_run_socket_mode)
    process_metrics.prepare_folder(current.VAR_DIR, "worker")
    # Imported before the fork, so that the processes share the memory and the time.
    import helpdesk.web  # noqa: F401
    import workers.worker  # noqa: F401

    gc.collect()
    gc.freeze()  # no collection of a process traverses, and so copies, what it shares with the others
    supervisor.run_workers(targets)


def _deliver(beat: supervisor.Beat) -> None:
    import helpdesk
    from workers import worker as worker_process

    worker_process.run_delivery(helpdesk.create_app(), beat)


def _maintain(beat: supervisor.Beat) -> None:
    import helpdesk
    from workers import worker as worker_process

    worker_process.run_maintenance(helpdesk.create_app(), beat)


def _run_socket_mode(beat: supervisor.Beat) -> None:
    import helpdesk
    from workers import socket_mode, watchdog

    watchdog.start([], beat)
    socket_mode.run(helpdesk.create_app())
