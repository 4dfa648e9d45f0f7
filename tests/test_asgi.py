"""How the ASGI application prepares a request for Flask."""

from collections.abc import Iterator

import flask

from helpdesk.asgi import PortalASGI
from helpdesk.config import Config
from helpdesk.web.request import Request
from tests import async_helpers

SCOPE = {
    "type": "http",
    "method": "POST",
    "path": "/",
    "query_string": b"",
    "http_version": "1.1",
    "headers": [(b"host", b"localhost"), (b"content-type", b"text/plain"), (b"transfer-encoding", b"chunked")],
}


def answer(*received: dict) -> tuple[int, bytes]:
    """What an application that gives back the body answers to a request of these ASGI messages: status and body."""
    return answer_to(iter(received))


def answer_to(messages: Iterator[dict]) -> tuple[int, bytes]:
    """As ``answer``; messages are taken one by one, as the application asks for them."""
    app = flask.Flask(__name__)
    app.request_class = Request
    app.config["MAX_CONTENT_LENGTH"] = 1000
    app.post("/")(lambda: flask.request.get_data())
    portal = PortalASGI(app, Config({"SECRET_KEY": "a-secret-for-tests-only-0123456789abcdef"}))
    sent = []

    async def receive() -> dict:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: dict) -> None:
        sent.append(message)

    async_helpers.run_in_thread(portal(SCOPE, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


def test_a_body_without_a_stated_length_is_read_to_its_end():
    first = {"type": "http.request", "body": b"Hello, ", "more_body": True}
    assert answer(first, {"type": "http.request", "body": b"world", "more_body": False}) == (200, b"Hello, world")


def test_truncated_body_is_not_accepted():
    first = {"type": "http.request", "body": b"Hello, ", "more_body": True}
    status, body = answer(first, {"type": "http.disconnect"})
    assert status == 400 and b"Hello" not in body


def test_a_refused_body_is_read_to_its_end_before_the_answer():
    """Otherwise a proxy that is still sending sees a broken connection, and people an error of the portal."""
    taken = []

    def parts():
        for number in range(40):
            taken.append(number)
            yield {"type": "http.request", "body": b"x" * 100, "more_body": number < 39}

    status, _ = answer_to(parts())
    assert status == 413 and len(taken) == 40


def test_a_request_begins_without_what_another_one_kept():
    """A server may begin a request in the context of an earlier one of the same connection."""
    app = flask.Flask(__name__)
    app.get("/")(lambda: flask.g.get("person", "nobody"))
    portal = PortalASGI(app, Config({"SECRET_KEY": "a-secret-for-tests-only-0123456789abcdef"}))
    sent = []

    async def receive() -> dict:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict) -> None:
        sent.append(message)

    async def ask_in_the_context_of_another() -> None:
        with app.app_context():
            flask.g.person = "Dana"
            await portal({**SCOPE, "method": "GET", "headers": []}, receive, send)

    async_helpers.run_in_thread(ask_in_the_context_of_another())
    assert b"".join(message.get("body", b"") for message in sent) == b"nobody"
