"""The external services on real sockets: a workspace, its client, and a portal that records requests."""

import http.server
import json
import threading
import urllib.parse
from dataclasses import dataclass

import pytest
from slack_sdk import WebClient

from helpdesk.demo import mailbox, personas, slack_workspace, wsgi_server

MAYA, PRIYA = "U0MAYA00001", "U0PRIYA0001"


@dataclass
class RecordedRequest:
    """One request the portal was sent."""

    path: str
    headers: dict
    body: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.body)

    @property
    def form(self) -> dict:
        return dict(urllib.parse.parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def payload(self) -> dict:
        return json.loads(self.form["payload"])


class Portal:
    """Answers with what `answers` holds (status, body, content type), one after the other, then 200 and nothing."""

    def __init__(self) -> None:
        self.requests: list[RecordedRequest] = []
        self.answers: list[tuple[int, bytes, str]] = []
        portal = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                portal.requests.append(RecordedRequest(self.path, dict(self.headers), body))
                status, answer, kind = portal.answers.pop(0) if portal.answers else (200, b"", "text/plain")
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, body: dict, status: int = 200) -> None:
        self.answers.append((status, json.dumps(body).encode(), "application/json"))

    def events(self, kind: str | None = None) -> list[dict]:
        found = [request.json["event"] for request in self.requests if request.path.endswith("events")]
        return [event for event in found if kind in (None, event["type"], event.get("subtype"))]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def portal():
    portal = Portal()
    yield portal
    portal.stop()


@pytest.fixture
def server(portal):
    app = slack_workspace.create_workspace(portal_url=portal.url, retry_delays=(0, 0.05, 0.1), event_timeout=30)
    with wsgi_server.serve_app(app) as server:
        server.workspace = app.extensions["workspace"]
        server.workspace.interactivity.trigger_seconds = 30
        yield server


@pytest.fixture
def workspace(server):
    return server.workspace


@pytest.fixture
def client(server):
    return WebClient(personas.BOT_TOKEN, base_url=server.url + "/api/", retry_handlers=[], timeout=30)


@pytest.fixture
def box():
    with mailbox.Mailbox() as box:
        yield box
