"""How the adapter passes a request to a WSGI application, and its answer back."""

import asyncio
from collections.abc import Iterable

import pytest

from helpdesk.wsgi_adapter import WsgiAdapter, build_environ
from tests import async_helpers, timeouts
from tests.test_asgi import SCOPE


def ask(application, received: Iterable[dict] = (), **scope) -> list[dict]:
    """What the adapter sends for a request of these ASGI messages to a WSGI application."""
    messages, sent = iter(received), []

    async def receive() -> dict:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: dict) -> None:
        sent.append(message)

    async_helpers.run_in_thread(WsgiAdapter(application, threads=1)({**SCOPE, "headers": [], **scope}, receive, send))
    return sent


def test_an_answer_of_one_piece_is_one_message():
    def application(environ, start_response):
        start_response("201 CREATED", [("Content-Type", "text/plain"), ("X-Name", "J\xf6rg")])
        return [b"Hello"]

    head, body = ask(application)
    assert head["status"] == 201 and head["headers"] == [(b"content-type", b"text/plain"), (b"x-name", b"J\xf6rg")]
    assert (body["body"], body["more_body"]) == (b"Hello", False)


def test_a_long_answer_is_passed_on_in_pieces_and_closed_before_its_end():
    events = []

    class Pieces:
        def __iter__(self):
            for _ in range(20):
                events.append("made")
                yield b"x" * 10_000

        def close(self):
            events.append("closed")

    def application(environ, start_response):
        start_response("200 OK", [])
        return Pieces()

    async def send(message: dict) -> None:
        if message["type"] == "http.response.body":
            events.append(len(message["body"]))

    async_helpers.run_in_thread(WsgiAdapter(application, threads=1)({**SCOPE, "headers": []}, None, send))
    seven = ["made"] * 7
    assert events == [*seven, 70_000, *seven, 70_000, *["made"] * 6, "closed", 60_000]


def test_a_client_that_reads_slowly_holds_no_thread():
    def application(environ, start_response):
        start_response("200 OK", [])
        return iter([b"x" * 70_000] * 3)

    adapter, events = WsgiAdapter(application, threads=1), []

    async def run() -> None:
        read_on = asyncio.Event()

        async def send_slowly(message: dict) -> None:
            await read_on.wait()
            events.append("slow")

        async def send(message: dict) -> None:
            events.append("quick")

        slow = asyncio.create_task(adapter({**SCOPE, "headers": []}, None, send_slowly))
        await asyncio.wait_for(adapter({**SCOPE, "headers": []}, None, send), timeouts.LIMIT)
        read_on.set()
        await slow

    async_helpers.run_in_thread(run())
    assert events == ["quick"] * 5 + ["slow"] * 5


def test_an_answer_that_cannot_be_sent_is_closed():
    closed = []

    class Pieces:
        def __iter__(self):
            return iter([b"x" * 70_000] * 3)

        def close(self):
            closed.append(1)

    def application(environ, start_response):
        start_response("200 OK", [])
        return Pieces()

    async def send(message: dict) -> None:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        async_helpers.run_in_thread(WsgiAdapter(application, threads=1)({**SCOPE, "headers": []}, None, send))
    assert closed == [1]


def test_a_short_body_is_read_before_a_thread_is_taken():
    """A client that sends slowly would hold it otherwise."""
    received = []

    def application(environ, start_response):
        start_response("200 OK", [])
        return [environ["wsgi.input"].read(), str(len(received)).encode()]

    def parts():
        for part, has_more in ((b"sub", True), (b"ject=A", False)):
            received.append(part)
            yield {"type": "http.request", "body": part, "more_body": has_more}

    sent = ask(application, parts(), headers=[(b"content-length", b"9")])
    assert sent[-1]["body"] == b"subject=A2"


def test_long_bodies_that_come_slowly_leave_threads_for_others():
    def application(environ, start_response):
        start_response("200 OK", [])
        return [environ["wsgi.input"].read()]

    adapter, sent = WsgiAdapter(application, threads=4), []

    async def send(message: dict) -> None:
        sent.append(message)

    async def run() -> None:
        never = asyncio.Event()

        async def receive() -> dict:
            await never.wait()
            return {"type": "http.disconnect"}

        headers = [(b"content-length", b"1000000")]
        slow = [asyncio.create_task(adapter({**SCOPE, "headers": headers}, receive, send)) for _ in range(8)]
        await asyncio.wait_for(adapter({**SCOPE, "headers": []}, receive, send), timeouts.LIMIT)
        assert [message.get("status") for message in sent] == [200, None]
        never.set()
        await asyncio.wait(slow)

    async_helpers.run_in_thread(run())


@pytest.mark.parametrize("length", [9, 1_000_000])
def test_nothing_is_made_of_a_body_that_breaks_off(length):
    read = []

    def application(environ, start_response):
        try:
            read.append(environ["wsgi.input"].read())
        except OSError:
            read.append("broken off")
        start_response("400 BAD REQUEST", [])
        return []

    part = {"type": "http.request", "body": b"sub", "more_body": True}
    ask(application, [part], headers=[(b"content-length", str(length).encode())])
    assert read == ([] if length == 9 else ["broken off"])


def test_a_client_that_asks_first_is_not_asked_to_send_what_is_refused():
    def application(environ, start_response):
        start_response("413 CONTENT TOO LARGE", [])
        return [b"too large"]

    asked = []

    async def receive() -> dict:
        asked.append(1)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict) -> None:
        pass

    for length in (b"9", b"2000000"):
        for headers in ([(b"expect", b"100-continue")], []):
            asked.clear()
            scope = {**SCOPE, "headers": [(b"content-length", length), *headers]}
            async_helpers.run_in_thread(WsgiAdapter(application, threads=1)(scope, receive, send))
            assert len(asked) == (0 if headers else 1)


def test_an_error_of_the_application_is_the_servers_to_answer():
    def application(environ, start_response):
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        ask(application)


def test_a_second_start_replaces_the_first_until_it_is_sent():
    def application(environ, start_response):
        start_response("200 OK", [])
        start_response("500 INTERNAL SERVER ERROR", [], (RuntimeError, RuntimeError("broken"), None))
        return [b"sorry"]

    assert ask(application)[0]["status"] == 500


def test_the_environment_of_a_request():
    headers = [(b"host", b"help.example"), (b"content-type", b"text/plain"), (b"accept", b"a/b"), (b"accept", b"*/*")]
    scope = {**SCOPE, "path": "/Caf\xe9/tickets", "root_path": "/Caf\xe9", "headers": headers}
    environ = build_environ(scope | {"server": ("10.0.0.1", 443), "client": ("10.0.0.2", 5), "scheme": "https"}, None)
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("/Caf\xc3\xa9", "/tickets")
    assert (environ["CONTENT_TYPE"], environ["HTTP_HOST"], environ["HTTP_ACCEPT"]) == (
        "text/plain",
        "help.example",
        "a/b,*/*",
    )
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"], environ["REMOTE_ADDR"]) == ("10.0.0.1", "443", "10.0.0.2")
    assert environ["wsgi.url_scheme"] == "https" and environ["SERVER_PROTOCOL"] == "HTTP/1.1"
    assert "REMOTE_ADDR" not in build_environ(SCOPE, None), "behind a socket of a file"


def test_header_with_underscore_is_not_a_proxy_header():
    headers = [(b"x-forwarded-for", b"192.0.2.1"), (b"x_forwarded_for", b"198.51.100.1")]
    assert build_environ({**SCOPE, "headers": headers}, None)["HTTP_X_FORWARDED_FOR"] == "192.0.2.1"


def test_a_query_beyond_ascii_is_quoted():
    query = "q=\N{LATIN SMALL LETTER A WITH DIAERESIS}&page=2%20".encode()
    assert build_environ({**SCOPE, "query_string": query}, None)["QUERY_STRING"] == "q=%C3%A4&page=2%20"
