"""How the ASGI application prepares a request for Flask."""

import flask

from helpdesk.asgi import PortalASGI, clean_scope
from helpdesk.config import Config
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
    app = flask.Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 1000
    app.post("/")(lambda: flask.request.get_data())
    portal = PortalASGI(app, Config({"SECRET_KEY": "a-secret-for-tests-only-0123456789abcdef"}))
    messages, sent = iter(received), []

    async def receive() -> dict:
        return next(messages)

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


def test_header_with_underscore_is_not_a_proxy_header():
    headers = [(b"x-forwarded-for", b"192.0.2.1"), (b"x_forwarded_for", b"198.51.100.1")]
    assert clean_scope({**SCOPE, "headers": headers})["headers"] == headers[:1]


def test_a_query_beyond_ascii_is_quoted():
    scope = clean_scope({**SCOPE, "query_string": "q=\N{LATIN SMALL LETTER A WITH DIAERESIS}&page=2%20".encode()})
    assert scope["query_string"] == b"q=%C3%A4&page=2%20"
