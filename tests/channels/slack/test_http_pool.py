"""Connections to Slack stay open between calls, and no call is ever made twice because of it."""

import contextlib
import http.server
import socket
import ssl
import threading

import pytest

from helpdesk.channels.slack.api import client, http_pool
from helpdesk.domain.outbox import errors
from tests import timeouts
from tests.replaced_modules import replace_in


class Counting(http.server.ThreadingHTTPServer):
    """Answers ok, and counts connections and calls. ``then`` is done to a connection after an answer on it."""

    daemon_threads = True

    def __init__(self, then=None, status=200, headers=()):
        self.connections, self.calls, self.ended, self.then = 0, 0, 0, then
        counting = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                counting.connections += 1
                super().setup()

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                counting.calls += 1
                body = b'{"ok": %s, "error": "no_text"}' % (b"true" if status == 200 else b"false")
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **dict(headers)}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
                if counting.then:
                    counting.then(self)

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)

    def shutdown_request(self, request):
        super().shutdown_request(request)
        self.ended += 1

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        self.client = client.Client("xoxb-1", f"http://127.0.0.1:{self.server_port}/api/", timeout=60)
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def call(self):
        return self.client.call("auth.test")


def test_calls_share_a_connection():
    with Counting() as slack:
        assert [slack.call()["ok"] for _ in range(3)] == [True] * 3
        assert (slack.connections, slack.calls) == (1, 3)


def test_a_refusal_read_to_its_end_leaves_the_connection_good():
    with Counting(status=400) as slack:
        for _ in range(2):
            with pytest.raises(errors.PermanentError):
                slack.call()
        assert (slack.connections, slack.calls) == (1, 2)


def test_a_connection_that_slack_closed_is_not_used_again():
    def close(handler):
        handler.close_connection = True

    with Counting(then=close) as slack:
        for number in range(1, 4):
            slack.call()
            timeouts.wait_for(lambda number=number: slack.ended == number, "the end of the connection")
        assert (slack.connections, slack.calls) == (3, 3)


def test_a_connection_that_slack_announces_to_close_is_not_kept():
    with Counting(headers=[("Connection", "close")]) as slack:
        slack.call(), slack.call()
        assert slack.connections == 2


def test_what_slack_says_unasked_is_no_answer_to_the_next_call():
    answer_was_read, said = threading.Event(), threading.Event()

    def babble(handler):
        answer_was_read.wait(timeouts.LIMIT)  # what comes together with an answer is dropped with it
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        said.set()

    with Counting(then=babble) as slack:
        slack.call()
        answer_was_read.set()
        assert said.wait(timeouts.LIMIT)
        assert slack.call()["ok"]
        assert slack.connections == 2


def test_a_connection_that_breaks_under_a_call_leaves_it_in_doubt_and_makes_it_once():
    """Slack closes while our next request is on its way: nobody can know, so the outbox must look."""
    taken = []

    def listen(server):
        connection, _ = server.accept()
        for answer in (b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"ok":true}', b""):
            taken.append(connection.recv(65536))
            connection.sendall(answer)
        connection.close()
        server.settimeout(0.3)
        with contextlib.suppress(TimeoutError):
            taken.append(server.accept())

    with socket.create_server(("127.0.0.1", 0)) as server:
        listening = threading.Thread(target=listen, args=(server,), daemon=True)
        listening.start()
        slack = client.Client("xoxb-1", f"http://127.0.0.1:{server.getsockname()[1]}/api/", timeout=30)
        assert slack.call("auth.test")["ok"]
        with pytest.raises(errors.UnknownOutcomeError):
            slack.call("chat.postMessage", text="once")
        listening.join(timeouts.LIMIT)
    assert len(taken) == 2


def test_a_connection_is_not_kept_for_long(monkeypatch):
    monkeypatch.setattr(http_pool, "IDLE_SECONDS", 0.0)
    with Counting() as slack:
        slack.call(), slack.call()
        assert slack.connections == 2


def test_a_forked_process_opens_its_own(monkeypatch):
    with Counting() as slack:
        slack.call()
        replace_in(monkeypatch, http_pool, "os", getpid=lambda: -1)
        slack.call()
        assert slack.connections == 2


def test_what_fails_while_connecting_is_certain(monkeypatch):
    for trouble in (
        TimeoutError("timed out"),
        ssl.SSLError("handshake"),
        ConnectionResetError(),
        OSError(113, "No route to host"),
    ):

        def connect(_self, trouble=trouble):
            raise trouble

        monkeypatch.setattr(http_pool.HTTPConnection, "connect", connect)
        with pytest.raises(errors.TemporaryError):
            client.Client("xoxb-1", "http://127.0.0.1:9/api/", timeout=1).call("chat.postMessage", text="x")


def test_unreachable_after_connecting_is_in_doubt(monkeypatch):
    def unreachable(*_):
        raise OSError(113, "No route to host")

    with Counting() as slack:
        monkeypatch.setattr(http_pool.HTTPConnection, "getresponse", unreachable)
        with pytest.raises(errors.UnknownOutcomeError):
            slack.call()
