"""``helpdesk serve``: the production web server, gunicorn with threads, set as our pages need it."""

import gc
import os
import resource
import signal
import threading

import click
from gunicorn.app.base import BaseApplication

from helpdesk import config, extensions

BODY_TIMEOUT = 60  # seconds without a sign of life after which a process is replaced
ROOM = 400  # connections above the threads, for those kept alive between two requests


@click.command()
@click.option("--bind", metavar="HOST:PORT", help="Where to listen; 127.0.0.1 and the variable PORT (5000) otherwise.")
@click.option(
    "--graceful",
    type=click.IntRange(0, 600),
    default=30,
    show_default=True,
    help="Seconds for the last answers at the end.",
)
def serve(bind: str | None, graceful: int) -> None:
    """Serve the portal until SIGTERM or Ctrl-C."""
    current = config.load_config()
    _allow_open_files(current.LIVE_STREAMS + current.WEB_THREADS + ROOM)
    Server(options(current, bind or f"127.0.0.1:{os.environ.get('PORT', '5000')}", graceful)).run()


def options(current: config.Config, bind: str, graceful: int) -> dict:
    """gunicorn's settings. It writes no access log, for addresses carry tokens, and believes no forwarded header itself:
    TRUSTED_PROXIES decides about those."""
    return {
        "bind": bind,
        "worker_class": "gthread",
        "workers": current.WEB_PROCESSES,
        "threads": current.WEB_THREADS,
        "worker_connections": current.WEB_THREADS + ROOM,
        "graceful_timeout": graceful,
        "timeout": BODY_TIMEOUT,
        "keepalive": 15,
        "backlog": 2048,
        "accesslog": None,
        "errorlog": "-",
        "loglevel": "warning",
        "forwarded_allow_ips": "",
        "control_socket_disable": True,
        "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,  # noqa: S108, its heartbeat must not touch a disk
        "preload_app": True,
        "proc_name": "helpdesk",
        "post_fork": _begin,
        "post_worker_init": _end_streams_first,
    }


class Server(BaseApplication):
    """Our application with our settings; neither a file nor GUNICORN_CMD_ARGS changes them."""

    def __init__(self, settings: dict):
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.settings.items():
            self.cfg.set(name, value)

    def load(self):
        import helpdesk

        app = helpdesk.create_app()
        gc.collect()
        gc.freeze()  # before the fork: the processes go on sharing what is there now, and no collection walks through it again
        return app


def _allow_open_files(connections: int) -> None:
    """Each connection is an open file, and systems allow few unless asked."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, 2 * connections)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def _begin(server, worker) -> None:
    """Nothing that is open may be shared with the process we were forked from."""
    from helpdesk.web.live import hub

    hub.forget()
    extensions.forget_redis()
    app = server.app.wsgi()
    with app.app_context():
        extensions.db.engine.dispose(close=False)


def _end_streams_first(worker) -> None:
    """On SIGTERM, end the live streams, which would otherwise use up the whole time meant for the last answers."""
    goes_on = signal.getsignal(signal.SIGTERM)

    def ending(number, frame) -> None:
        threading.Thread(target=_end_streams, daemon=True).start()
        goes_on(number, frame)

    signal.signal(signal.SIGTERM, ending)


def _end_streams() -> None:
    from helpdesk.web.live import hub

    hub.hub().tell_everybody(is_over=True)
