"""``helpdesk serve``: the production web server, gunicorn with uvicorn workers, configured for this application."""

import errno
import gc
import os
import resource
import socket
import time
from collections.abc import Callable
from typing import Any

import click
from gunicorn.app.base import BaseApplication
from gunicorn.util import parse_address
from uvicorn_worker import UvicornWorker

from helpdesk import config, extensions, process_metrics
from helpdesk.cli import first_start, supervisor

STUCK_TIMEOUT = 60  # seconds without a heartbeat of its event loop after which a process is replaced
ADDRESS_TRIES = 10  # for an address that another process listens at
ADDRESS_PAUSE_SECONDS = 0.5
KEEPALIVE_CONNECTIONS = 400  # beside streams and threads, idle between two requests


@click.command()
@click.option("--bind", metavar="HOST:PORT", help="Where to listen; default: 127.0.0.1 and the variable PORT (5000).")
@click.option(
    "--graceful",
    type=click.IntRange(0, 600),
    default=30,
    show_default=True,
    help="Seconds for open requests at the end.",
)
@click.option(
    "--drain",
    type=click.FloatRange(0, 60),
    default=3.0,
    show_default=True,
    help="Seconds in which answers say Connection: close before the end; longer than a proxy keeps an idle connection.",
)
@click.option("--all", "with_workers", is_flag=True, help="Run the workers in this terminal, too.")
@click.option("--admin", metavar="EMAIL", help="The first admin, if there is none: a link that signs in is printed.")
def serve(bind: str | None, graceful: int, drain: float, with_workers: bool, admin: str | None) -> None:
    """Serve the portal until SIGTERM or Ctrl-C.

    In an empty folder it makes what is missing: a secret key, a SQLite database, a private Redis, a link for the first
    admin.
    """
    first_start.prepare_environment()
    current = config.load_config()
    address = bind or f"127.0.0.1:{os.environ.get('PORT', '5000')}"
    _wait_until_free(address)
    children = [first_start.start_private_redis(current)]
    current = config.load_config()
    first_start.stop_at_exit(children)
    process_metrics.prepare_folder(current.VAR_DIR, "web")

    def prepare() -> None:
        first_start.prepare_database(admin)
        if with_workers and len(children) == 1:
            children.append(first_start.start_workers())

    connections = current.LIVE_STREAMS + current.WEB_THREADS + KEEPALIVE_CONNECTIONS
    _allow_open_files(connections)
    PortalWorker.CONFIG_KWARGS = {**PortalWorker.CONFIG_KWARGS, "limit_concurrency": connections}
    Server(options(current, address, graceful), drain, prepare).run()


def options(current: config.Config, bind: str, graceful: int) -> dict[str, Any]:
    """gunicorn's settings. There is no access log, because URLs contain tokens."""
    return {
        "bind": bind,
        "worker_class": PortalWorker,
        "workers": current.WEB_PROCESSES,
        "graceful_timeout": graceful,
        "timeout": STUCK_TIMEOUT,
        "keepalive": 75,  # seconds; longer than a proxy keeps one, so that none is closed as it is used
        "backlog": 2048,
        "accesslog": None,
        "errorlog": "-",
        "loglevel": "warning",
        "control_socket_disable": True,
        "worker_tmp_dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else None,  # noqa: S108, a heartbeat needs no disk
        "preload_app": True,
        "proc_name": "helpdesk",
        "when_ready": lambda server: _say_address(server, current.PORTAL_BASE_URL),
        "post_fork": _prepare_process,
        "child_exit": _forget_process,
    }


class PortalWorker(UvicornWorker):
    """One process: an event loop for connections and streams, and threads for pages.

    h11 is strict and limits the size of a request's head. TRUSTED_PROXIES decides about forwarded headers, not uvicorn.
    """

    CONFIG_KWARGS = {
        "loop": "asyncio",
        "http": "h11",
        "ws": "none",
        "lifespan": "on",
        "proxy_headers": False,
        "access_log": False,
        "server_header": False,
    }


class Server(BaseApplication):
    """The application with these settings; neither a file nor GUNICORN_CMD_ARGS changes them."""

    def __init__(self, settings: dict[str, Any], drain_seconds: float, prepare: Callable[[], None]) -> None:
        self.settings, self.drain_seconds, self.prepare = settings, drain_seconds, prepare
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.settings.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        from helpdesk.asgi import create_asgi_app

        app = create_asgi_app()
        app.drain_seconds = self.drain_seconds
        with app.app.app_context():
            self.prepare()
        gc.collect()
        gc.freeze()  # before the fork: the processes share this memory, and no collection traverses it
        return app


def _wait_until_free(address: str) -> None:
    """Wait for a former process that still closes ``address``. Raises ClickException if a program listens there.

    A socket that systemd opened, or of a file, is not tried.
    """
    try:
        place = parse_address(address)
    except RuntimeError:
        raise click.ClickException(f"{address} is no HOST:PORT to listen at.") from None
    if not isinstance(place, tuple) or os.environ.get("LISTEN_FDS"):
        return
    for _ in range(ADDRESS_TRIES):
        with socket.socket(socket.AF_INET6 if ":" in place[0] else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(place)
                return
            except OverflowError:
                raise click.ClickException(f"{address} has no port between 0 and 65535.") from None
            except OSError as error:
                reason = error.strerror
                if error.errno != errno.EADDRINUSE:
                    break
        time.sleep(ADDRESS_PAUSE_SECONDS)
    raise click.ClickException(f"Nothing can listen at {address}: {reason}. Name another port: PORT=5100")


def _say_address(server: Any, base_url: str) -> None:
    click.echo(f"The portal is at {base_url}; it listens at {', '.join(str(each) for each in server.LISTENERS)}.")


def _allow_open_files(connections: int) -> None:
    """Raise the limit of open files: each connection is one, and the default of most systems is low."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = max(soft, 2 * connections)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _forget_process(_server: Any, worker: Any) -> None:
    """Count the streams of a process that has ended no more."""
    process_metrics.forget_process(worker.pid)


def _prepare_process(server: Any, worker: Any) -> None:
    """Prepare a forked process: close inherited connections, and end when the parent process ends."""
    supervisor.die_with_parent()
    extensions.drop_redis_client()
    with server.app.wsgi().app.app_context():
        for engine in extensions.db.engines.values():
            engine.dispose(close=False)
