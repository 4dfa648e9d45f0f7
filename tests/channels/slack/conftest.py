import http.server
import json
import threading
import time

import pytest

from helpdesk.channels.slack.api import client, directory
from helpdesk.channels.slack.parse import envelopes, payload_parser, signature
from helpdesk.demo import personas, wsgi_server
from helpdesk.demo import slack_workspace as stand_in


@pytest.fixture
def place():
    """The stand-in for Slack over real HTTP: (workspace, its Web API's address)."""
    app = stand_in.create_workspace()
    with wsgi_server.serve_app(app) as server:
        directory.clear_cache()
        yield app.extensions["workspace"], server.url + "/api/"


@pytest.fixture
def workspace(place):
    return place[0]


@pytest.fixture
def slack_client(place):
    """A client that waits as long as a busy machine needs."""
    return client.Client(personas.BOT_TOKEN, place[1], timeout=30)


class RecordingPortal:
    """A portal's three Slack endpoints: checks each request as ours do, and records the parsed events."""

    def __init__(self):
        self.heard = []
        self.answers = {}
        portal = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if not signature.verify_signature(self.headers, body, [personas.SIGNING_SECRET]):
                    self.send_error(401)
                    return
                payload = envelopes.decode_request(body, self.headers["Content-Type"])
                assert envelopes.is_for_us(payload, personas.APP_ID, personas.TEAM_ID)
                portal.heard += payload_parser.parse_payload(payload, {"U0MAYA00001": "Maya Lindqvist"}.get)
                answer = json.dumps(portal.answers.get(payload.get("type"), {})).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer) if len(answer) > 2 else 0))
                self.end_headers()
                self.wfile.write(answer if len(answer) > 2 else b"")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def next(self, kind, timeout=60):
        """The oldest event of this kind that was received and not yet asked for."""
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            for each in self.heard:
                if each.kind == kind:
                    self.heard.remove(each)
                    return each
            time.sleep(0.01)
        raise AssertionError(f"no {kind} was received, only {[each.kind for each in self.heard]}")


@pytest.fixture
def endpoints():
    made = RecordingPortal()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def lively(endpoints):
    """A stand-in that sends its events to ``endpoints``: (workspace, client)."""
    app = stand_in.create_workspace(portal_url=endpoints.url, event_timeout=30)
    with wsgi_server.serve_app(app) as server:
        directory.clear_cache()
        app.extensions["workspace"].interactivity.trigger_seconds = 30
        yield app.extensions["workspace"], client.Client(personas.BOT_TOKEN, server.url + "/api/", timeout=30)
