"""``helpdesk serve``: the production web server, gunicorn with uvicorn workers, configured for this application."""

import gc
import os
import resource
from typing import Any

import click
from gunicorn.app.base import BaseApplication
from uvicorn_worker import UvicornWorker

from helpdesk import config, extensions
from helpdesk.cli import supervisor

STUCK_TIMEOUT = 60  # seconds without a heartbeat of its event loop after which a process is replaced
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
def serve(bind: str | None, graceful: int) -> None:
    """Serve the portal until SIGTERM or Ctrl-C."""
    current = config.load_config()
    connections = current.LIVE_STREAMS + current.WEB_THREADS + KEEPALIVE_CONNECTIONS
    _allow_open_files(connections)
    PortalWorker.CONFIG_KWARGS = {**PortalWorker.CONFIG_KWARGS, "limit_concurrency": connections}
    Server(options(current, bind or f"127.0.0.1:{os.environ.get('PORT', '5000')}", graceful)).run()


def options(current: config.Config, bind: str, graceful: int) -> dict[str, Any]:
    """gunicorn's settings. There is no access log, because URLs contain tokens."""
    return {
        "bind": bind,
        "worker_class": PortalWorker,
        "workers": current.WEB_PROCESSES,
        "graceful_timeout": graceful,
        "timeout": STUCK_TIMEOUT,
        "keepalive": 15,
        "backlog": 2048,
        "accesslog": None,
        "errorlog": "-",
        "loglevel": "warning",
        "control_socket_disable": True,
        "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,  # noqa: S108, a heartbeat needs no disk
        "preload_app": True,
        "proc_name": "helpdesk",
        "post_fork": _prepare_process,
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

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.settings.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        from helpdesk.asgi import create_asgi_app

        app = create_asgi_app()
        gc.collect()
        gc.freeze()  # before the fork: the processes share this memory, and no collection traverses it
        return app


def _allow_open_files(connections: int) -> None:
    """Raise the limit of open files: each connection is one, and the default of most systems is low."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = max(soft, 2 * connections)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _prepare_process(server: Any, worker: Any) -> None:
    """Prepare a forked process: close inherited connections, and end when the parent process ends."""
    supervisor.die_with_parent()
    extensions.forget_redis()
    with server.app.wsgi().app.app_context():
        extensions.db.engine.dispose(close=False)
