"""A provider that answers slowly, endlessly or with too much costs a bounded time and a bounded memory."""

import gzip
import socket
import threading
import time

import jwt
import pytest
import requests

from helpdesk import bounded_http, guarded_http
from helpdesk.domain.authentication import provider_keys
from tests import timeouts
from tests.channels.email import mail_server
from tests.replaced_modules import replace_in

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.fixture
def serve():
    """``serve(answer)``: the address of a server that calls ``answer(connection)`` for each request.

    With a context, TLS; its handshake is made by the first read, so that one that fails ends that connection only.
    """
    servers = []

    def start(answer, context=None):
        listening = socket.create_server(("127.0.0.1", 0))
        if context:
            listening = context.wrap_socket(listening, server_side=True, do_handshake_on_connect=False)
        servers.append(listening)

        def run():
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=handle, args=(connection,), daemon=True).start()

        def handle(connection):
            try:
                connection.recv(65536)
                answer(connection)
            except OSError:
                pass  # the client has gone, as it should
            finally:
                connection.close()

        threading.Thread(target=run, daemon=True).start()
        return f"http{'s' if context else ''}://127.0.0.1:{listening.getsockname()[1]}/keys"

    yield start
    for listening in servers:
        listening.close()


def make_recording_timer(timers: list):
    """threading.Timer, except that each one made is added to ``timers``."""

    class RecordedTimer(threading.Timer):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            timers.append(self)

    return RecordedTimer


def drip(connection, data: bytes):
    while True:
        for byte in data:
            connection.sendall(bytes((byte,)))
            time.sleep(0.05)


def send_endlessly(connection):
    while True:
        connection.sendall(b"x" * 65536)


ANSWERS = {
    "a body without end": lambda connection: (connection.sendall(HEAD + b"\r\n"), send_endlessly(connection)),
    "a large body": lambda connection: connection.sendall(HEAD + b"Content-Length: 3000000\r\n\r\n" + b"[" * 3_000_000),
    "a body that drips": lambda connection: (connection.sendall(HEAD + b"\r\n"), drip(connection, b" ")),
    "chunks that drip": lambda connection: (
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n"),
        drip(connection, b"1\r\n \r\n"),
    ),
    "headers that drip": lambda connection: drip(connection, b"X: y\r\n"),
    "a status that drips": lambda connection: drip(connection, b"H"),
    "nothing": lambda connection: time.sleep(30),
    "compressed": lambda connection: connection.sendall(
        HEAD + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n" + gzip.compress(b" " * 10_000_000)
    ),
    "too deep": lambda connection: connection.sendall(HEAD + b"Connection: close\r\n\r\n" + b"[" * 900_000),
    "a redirect": lambda connection: connection.sendall(
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    ),
    "no JSON": lambda connection: connection.sendall(HEAD + b"Content-Length: 5\r\n\r\nhello"),
    "another JSON": lambda connection: connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n[]"),
    "no keys": lambda connection: connection.sendall(HEAD + b'Content-Length: 11\r\n\r\n{"keys":[]}'),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_each_ends_in_time_with_an_error(name, serve, monkeypatch):
    monkeypatch.setattr(bounded_http, "SECONDS", 1.0)
    monkeypatch.setattr(bounded_http, "READ_SECONDS", 0.8)
    ended = threading.Event()

    def fetch():
        with pytest.raises((jwt.PyJWTError, ValueError)):
            provider_keys.fetch_keys(serve(ANSWERS[name]))
        ended.set()

    thread = threading.Thread(target=fetch, daemon=True)
    thread.start()
    thread.join(timeouts.LIMIT)
    assert ended.is_set(), "the request is still held"


def test_an_honest_answer_is_read_and_the_connection_ended(serve, monkeypatch):
    timers = []
    replace_in(monkeypatch, bounded_http, "threading", Timer=make_recording_timer(timers))
    body = b'{"a": "' + b"x" * 900_000 + b'"}'
    url = serve(lambda connection: connection.sendall(HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body))
    assert len(bounded_http.fetch_json(url)["a"]) == 900_000
    (timer,) = timers
    timer.join(timeouts.LIMIT)
    assert not timer.is_alive(), "the time limit of a request that is over still runs"
    with pytest.raises(requests.ConnectionError):
        bounded_http.fetch_json("http://127.0.0.1:1/")


@pytest.mark.parametrize("fetch", [bounded_http.fetch_json, lambda url: guarded_http.fetch_json(url, lambda *_: None)])
def test_authorities_of_this_machine_are_trusted_and_no_others(fetch, serve, monkeypatch, tmp_path):
    """An operator's own authority, for a Keycloak on the private network; OpenSSL's SSL_CERT_FILE is its store here."""
    made = mail_server.certificates(tmp_path)
    answer = HEAD + b"Content-Length: 2\r\n\r\n[]"
    good, wrong = (
        serve(lambda connection: connection.sendall(answer), mail_server.context(made[name]))
        for name in ("good", "wrong")
    )
    with pytest.raises(requests.exceptions.SSLError):
        fetch(good)
    monkeypatch.setenv("SSL_CERT_FILE", made["ca"])
    assert fetch(good) == []
    with pytest.raises(requests.exceptions.SSLError):
        fetch(wrong)
