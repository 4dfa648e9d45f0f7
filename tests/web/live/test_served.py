"""Streams of the served portal: framing, limits, the end of a process, and Redis going away."""

import http.client
import re
import signal
import socket
import subprocess

import psutil
import pytest

from tests import conftest, timeouts
from tests.web.live.conftest import HELLO, LAST_CHUNK, MANY, Connection

CSRF_TOKEN = re.compile(r'csrf-token"\s+content="([^"]+)"')
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize(("version", "last"), [("HTTP/1.1", b"0\r\n\r\n"), ("HTTP/1.0", b"")])
def test_a_stream_is_served_and_ended_properly(server, make, version, last):
    dana = make.user(make.organization())
    stream = server.ask(server.cookie(dana), "/live", version)
    head = stream.until(b"\r\n\r\n")
    assert b" 200 " in head and b"text/event-stream" in head and b"content-length" not in head.lower()
    stream.until(HELLO)
    server.publish(f"organization:{dana.organization_id}:ticket:7")
    stream.until(b"event: changed\ndata: ticket:7\n\n")
    server.publish(f"user:{dana.id}")
    assert stream.to_its_end().endswith(last)


def test_who_asked_before_on_a_connection_is_forgotten(server, make, session):
    """Proxies send requests of many people through one connection, and a large body makes the server read on later."""
    dana, priya = make.user(make.organization(), "Dana Fields"), make.agent("Priya Raman")
    kept = http.client.HTTPConnection("127.0.0.1", server.port, timeout=timeouts.LIMIT)

    def ask(cookie, method="GET", path="/account", body=None, **headers):
        kept.request(method, path, body, {"Cookie": cookie, **headers})
        answer = kept.getresponse()
        return answer.getheader("Set-Cookie", cookie).partition(";")[0], answer.read().decode()

    cookies = {person.email: server.cookie(person) for person in (dana, priya)}
    session.rollback()  # a transaction left open would keep the portal waiting
    one, two = cookies
    for person, other in ((one, two), (two, one)):
        cookies[person], page = ask(cookies[person])
        token = CSRF_TOKEN.search(page)[1]
        body = f"csrf_token={token}&body={'x' * 300_000}"
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert "There is nothing here" in ask(cookies[person], "POST", "/tickets/999999/replies", body, **form)[1]
        page = ask(cookies[other])[1]
        assert other in page and person not in page
    kept.close()


def test_a_body_that_was_refused_before_it_was_sent_is_not_waited_for(server):
    """curl asks with Expect whether to send a megabyte or more; refused, it sends none and reads the answer."""
    head = "POST /sign-in/link HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 2000000\r\n"
    asking = Connection(server.port, f"{head}Expect: 100-continue\r\n\r\n".encode())
    answer = asking.until(b"</html>")
    assert answer.startswith(b"HTTP/1.1 413 ")
    asking.close()


def test_an_export_is_sent_to_its_end(server, make, session):
    dana = make.user(make.organization())
    make.ticket(dana, "The printer")
    answer = server.ask(server.cookie(dana), "/tickets.csv").to_its_end()
    assert b"The printer" in answer and answer.endswith(LAST_CHUNK)


def test_many_streams_hold_no_threads_and_one_more_is_asked_to_poll(server, make):
    cookie = server.cookie(make.user(make.organization()))
    streams = [server.ask(cookie) for _ in range(MANY)]
    for stream in streams:
        stream.until(HELLO)
    assert server.threads() < 15
    assert b" 204 " in server.ask(cookie).until(b"\r\n\r\n")
    assert b" 200 " in server.ask(cookie, "/tickets").until(b"</html>")
    streams[0].close()
    timeouts.wait_for(lambda: b" 200 " in server.ask(cookie).until(b"\r\n\r\n"), "a free place")
    for stream in streams:
        stream.close()


def test_asking_only_for_the_head_opens_no_stream(server, make):
    head = server.ask(server.cookie(make.user(make.organization())), method="HEAD").until(b"\r\n\r\n")
    assert b" 204 " in head


def test_a_process_that_is_asked_to_end_ends_its_streams_first(serve, make):
    server = serve(options=("--graceful", str(4 * int(timeouts.LIMIT))))
    stream = server.stream(server.cookie(make.user(make.organization())))
    server.process.send_signal(signal.SIGTERM)
    assert stream.to_its_end().endswith(b"0\r\n\r\n")
    assert server.process.wait(timeouts.LIMIT) == 0


def test_a_process_that_ends_closes_its_connections_by_answers(serve):
    """A connection that a proxy keeps is not reset: its next answer says that it was the last."""
    server = serve(options=("--drain", "30"))
    with socket.create_connection(("127.0.0.1", server.port), timeout=timeouts.LIMIT) as kept:
        ask = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"

        def exchange() -> bytes:
            kept.sendall(ask)
            answer = b""
            while not answer.endswith(b"ok\n"):
                piece = kept.recv(65536)
                assert piece, f"it ended after {answer!r}"
                answer += piece.lower()
            assert answer.startswith(b"http/1.1 200"), answer
            return answer

        assert b"connection: close" not in exchange()
        server.process.send_signal(signal.SIGTERM)

        timeouts.wait_for(lambda: b"connection: close" in exchange(), "an answer that ends the connection")
        assert kept.recv(65536) == b""
    answer = server.ask("", "/readyz").to_its_end()
    assert answer.startswith(b"HTTP/1.1 503 ") and b'"ending"' in answer, "load balancers may leave it"


def test_no_process_outlives_the_one_that_started_it(server):
    children = psutil.Process(server.process.pid).children()
    assert children
    server.process.kill()
    timeouts.wait_for(
        lambda: not any(child.is_running() and child.status() != "zombie" for child in children), "the end"
    )


def test_a_restart_of_redis_only_delays(serve, make, session, tmp_path):
    port = conftest.free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    command = [conftest.redis_binary(), *options]
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    server = serve(REDIS_URL=f"redis://127.0.0.1:{port}/0")
    dana = make.user(make.organization())
    stream = server.stream(server.cookie(dana))
    first.terminate()
    first.wait(timeouts.LIMIT)
    second = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        stream.until(b"data: everything\n\n")
        server.publish(f"organization:{dana.organization_id}")
        stream.until(b"data: list\n\n")
    finally:
        second.terminate()
        second.wait(timeouts.LIMIT)
