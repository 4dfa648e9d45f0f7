"""Live streams: what a hub tells whom and when, and the connections it carries, from a real gunicorn."""

import signal
import socket
import time
import urllib.request

import psutil
import pytest
import redis

from helpdesk import config
from helpdesk.live_events import EVENTS_CHANNEL
from helpdesk.web.live import hub as live_hub
from helpdesk.web.live import socket_takeover
from tests import conftest, running
from tests.making import signed_in_client

MANY = 40  # more than the server has threads
HTTP = {"chunked": "HTTP/1.1", "until the end": "HTTP/1.0"}


@pytest.fixture
def hub(app, monkeypatch):
    """A hub with nobody in it, and nothing to hear but what a test tells it."""
    monkeypatch.setattr(live_hub.Hub, "_listen", lambda hub: None)
    return live_hub.Hub(most=3)


@pytest.fixture
def pair():
    """A connection of the hub's, and the browser's end of it."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.settimeout(running.PATIENCE)
    yield socket_takeover.Line(ours, is_chunked=False), theirs
    theirs.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestHub:
    def test_one_change_is_heard_by_those_who_follow_it(self, hub, pair):
        line, browser = pair
        hub.carry(hub.join("ticket:1", "user:1"), line)
        other = hub.join("ticket:2", "user:2")
        hub.tell(["ticket:1"])
        assert browser.recv(100) == live_hub.NEWS
        assert other.news_at is None

    def test_several_changes_at_once_are_one(self, hub, pair):
        line, browser = pair
        hub.carry(hub.join("ticket:1", "user:1"), line)
        for _ in range(5):
            hub.tell(["ticket:1"])
        assert browser.recv(1000) == live_hub.NEWS
        browser.settimeout(0.3)
        with pytest.raises(TimeoutError):
            browser.recv(1)

    def test_a_change_before_the_connection_was_taken_is_not_missed(self, hub, pair):
        line, browser = pair
        follower = hub.join("ticket:1", "user:1")
        hub.tell(["ticket:1"])
        hub.carry(follower, line)
        assert browser.recv(100) == live_hub.NEWS

    def test_a_change_of_rights_ends_the_persons_streams(self, hub, pair):
        line, browser = pair
        hub.carry(hub.join("ticket:1", "user:1"), line)
        hub.tell(["user:1"])
        assert browser.recv(100) == b""
        running.until(lambda: hub.count == 0 and not hub.followers)

    def test_it_ends_before_a_minute_is_over_and_beats_until_then(self, hub, pair, monkeypatch):
        monkeypatch.setattr(live_hub, "LASTS", (0.5, 0.6))
        monkeypatch.setattr(live_hub, "HEARTBEAT", 0.2)
        line, browser = pair
        hub.carry(hub.join("ticket:1", "user:1"), line)
        heard = b""
        while piece := browser.recv(100):
            heard += piece
        assert heard == 2 * live_hub.BEAT
        running.until(lambda: hub.count == 0)

    def test_a_browser_that_left_is_forgotten_at_the_next_word(self, hub, pair):
        line, browser = pair
        hub.carry(hub.join("ticket:1", "user:1"), line)
        browser.close()
        hub.tell(["ticket:1"])
        running.until(lambda: hub.count == 0)

    def test_a_browser_that_does_not_read_holds_nobody_up(self, hub, pair, monkeypatch):
        monkeypatch.setattr(live_hub, "SETTLE", 0.0)
        line, _ = pair
        hub.carry(hub.join("ticket:1", "user:1"), line)

        def told() -> bool:
            hub.tell(["ticket:1"])
            return hub.count == 0

        running.until(told, pause=0)

    def test_there_is_room_for_so_many_and_again_when_one_leaves(self, hub):
        followers = [hub.join("desk", f"user:{number}") for number in range(3)]
        assert hub.join("desk", "user:9") is None
        hub.leave(followers[0])
        hub.leave(followers[0])
        assert hub.join("desk", "user:9") is not None and hub.count == 3

    def test_where_nothing_can_be_taken_over_a_thread_waits(self, hub):
        words = live_hub.Words(hub.join("ticket:1", "user:1"), {"REQUEST_METHOD": "GET"})
        assert next(words) == live_hub.HELLO
        hub.tell(["ticket:1"])
        assert next(words) == live_hub.NEWS
        hub.tell(["user:1"])
        assert list(words) == []
        words.close()
        assert hub.count == 0


@pytest.fixture
def server(app, make, session, tmp_path):
    """The portal, served by ``helpdesk serve`` with few threads."""
    port = conftest.free_port()
    process = running.start(
        tmp_path / "web.log",
        "serve",
        "--bind",
        f"127.0.0.1:{port}",
        "--graceful",
        "20",
        WEB_THREADS=4,
        WEB_PROCESSES=1,
        LIVE_STREAMS=MANY,
    )
    try:
        running.until(lambda: answers(port))
        yield Server(app, port, process)
    finally:
        process.kill()
        process.wait()


class Server:
    """Where it listens, and the cookie of somebody signed in."""

    def __init__(self, app, port, process):
        self.app, self.port, self.process = app, port, process

    def cookie(self, user) -> str:
        name = self.app.config["SESSION_COOKIE_NAME"]
        return f"{name}={signed_in_client(self.app, user).get_cookie(name).value}"

    def ask(self, cookie: str, path: str, version: str = "HTTP/1.1", method: str = "GET") -> socket.socket:
        line = socket.create_connection(("127.0.0.1", self.port), timeout=running.PATIENCE)
        line.sendall(f"{method} {path} {version}\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode())
        return line

    def threads(self) -> int:
        return psutil.Process(self.process.pid).children()[0].num_threads()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestServed:
    @pytest.mark.parametrize("version", HTTP.values(), ids=HTTP.keys())
    def test_a_stream_is_told_and_ended_properly(self, server, make, version):
        dana = make.user(make.organization())
        line = server.ask(server.cookie(dana), "/tickets/live", version)
        heard_until(line, framed(live_hub.HELLO, version))
        publish(f"organization:{dana.organization_id}")
        heard_until(line, framed(live_hub.NEWS, version))
        publish(f"user:{dana.id}")
        assert heard_to_its_end(line).endswith(b"0\r\n\r\n" if version == "HTTP/1.1" else b"")

    def test_many_streams_hold_no_threads_and_one_more_is_told_to_poll(self, server, make):
        cookie = server.cookie(make.user(make.organization()))
        lines = [server.ask(cookie, "/tickets/live") for _ in range(MANY)]
        for line in lines:
            heard_until(line, b"hello\n\n")
        assert server.threads() < 15
        assert b" 204 " in heard_until(server.ask(cookie, "/tickets/live"), b"\r\n\r\n")
        assert b" 200 " in heard_until(server.ask(cookie, "/tickets"), b"</html>")
        for line in lines:
            line.close()

    def test_asking_only_for_the_head_takes_nothing_over(self, server, make):
        cookie = server.cookie(make.user(make.organization()))
        line = server.ask(cookie, "/tickets/live", method="HEAD")
        assert b" 200 " in heard_until(line, b"\r\n\r\n")

    def test_told_to_end_it_ends_its_streams_first(self, server, make):
        line = server.ask(server.cookie(make.user(make.organization())), "/tickets/live")
        heard_until(line, b"hello\n\n")
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        heard_to_its_end(line)
        assert server.process.wait(running.PATIENCE) == 0
        assert time.monotonic() - began < 15


def publish(topic: str) -> None:
    """Ring as a commit does."""
    redis.Redis.from_url(config.current().REDIS_URL).publish(EVENTS_CHANNEL, topic)


def framed(words: bytes, version: str) -> bytes:
    return b"%x\r\n%s\r\n" % (len(words), words) if version == "HTTP/1.1" else words


def heard_until(line: socket.socket, mark: bytes) -> bytes:
    heard = b""
    while mark not in heard:
        piece = line.recv(65536)
        assert piece, f"it ended after {heard!r}"
        heard += piece
    return heard


def heard_to_its_end(line: socket.socket) -> bytes:
    heard = b""
    while piece := line.recv(65536):
        heard += piece
    return heard


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False
