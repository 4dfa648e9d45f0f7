"""The portal as ``helpdesk serve`` serves it, and a client of plain HTTP for it."""

import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis

from helpdesk import config
from helpdesk.live_events import EVENTS_CHANNEL
from tests import conftest, process_helpers, timeouts
from tests.factories import signed_in_client

HELLO = b"data: everything\n\n"
LAST_CHUNK = b"\r\n0\r\n\r\n"
MANY = 40  # streams that the served portal carries; more than it has threads


class Connection:
    """One request and what comes back."""

    def __init__(self, port: int, request: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeouts.LIMIT)
        self.socket.sendall(request)
        self.heard = b""

    def until(self, mark: bytes) -> bytes:
        """What was received up to and with ``mark``; fails if the server closes before."""
        while mark not in self.heard:
            piece = self.socket.recv(65536)
            assert piece, f"it ended after {self.heard!r}"
            self.heard += piece
        before, _, self.heard = self.heard.partition(mark)
        return before + mark

    def to_its_end(self) -> bytes:
        """All that is still to come: up to the last chunk (RFC 9112, 7.1), or until the server closes.

        A connection stays open for another request, longer than a test should wait.
        """
        while not self.heard.endswith(LAST_CHUNK) and (piece := self.socket.recv(65536)):
            self.heard += piece
        return self.heard

    def close(self) -> None:
        self.socket.close()


class Server:
    """The served portal."""

    def __init__(self, app, log: Path, options: tuple[str, ...] = (), **environment) -> None:
        self.app, self.port = app, conftest.free_port()
        arguments = ("serve", "--bind", f"127.0.0.1:{self.port}", "--graceful", "20", *options)
        settings = {"WEB_THREADS": 4, "WEB_PROCESSES": 1, "LIVE_STREAMS": MANY} | environment
        self.process: subprocess.Popen = process_helpers.start(log, *arguments, **settings)
        self.processes = int(settings["WEB_PROCESSES"])
        self.redis_url = settings.get("REDIS_URL", config.current().REDIS_URL)

    def cookie(self, user) -> str:
        name = self.app.config["SESSION_COOKIE_NAME"]
        return f"{name}={signed_in_client(self.app, user).get_cookie(name).value}"

    def ask(self, cookie: str, path: str = "/live", version: str = "HTTP/1.1", method: str = "GET") -> Connection:
        lines = [f"{method} {path} {version}", "Host: localhost", f"Cookie: {cookie}", "Accept: text/event-stream"]
        return Connection(self.port, "\r\n".join([*lines, "", ""]).encode())

    def stream(self, cookie: str, path: str = "/live") -> Connection:
        """A stream that has been greeted."""
        stream = self.ask(cookie, path)
        assert b" 200 " in stream.until(HELLO)
        return stream

    def publish(self, *topics: str) -> None:
        """Publish as a commit does, once every process has subscribed: what is published before names no topic."""
        with redis.Redis.from_url(self.redis_url) as client:
            timeouts.wait_for(lambda: client.pubsub_numsub(EVENTS_CHANNEL)[0][1] >= self.processes, "the subscriptions")
            client.publish(EVENTS_CHANNEL, " ".join(topics))

    def threads(self) -> int:
        return psutil.Process(self.process.pid).children()[0].num_threads()

    def is_up(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def serve(app, tmp_path) -> Iterator:
    """``serve(**environment)``: a portal served with these settings, ended with the test."""
    servers: list[Server] = []

    def start(**environment) -> Server:
        servers.append(Server(app, tmp_path / f"web{len(servers)}.log", **environment))
        timeouts.wait_for(servers[-1].is_up)
        return servers[-1]

    yield start
    for server in servers:
        server.end()


@pytest.fixture
def server(serve, make, session) -> Server:
    """The portal, served with few threads."""
    return serve()
