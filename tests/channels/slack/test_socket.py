"""Socket Mode: an envelope is acknowledged only when it is stored."""

import base64
import hashlib
import http.server
import json
import struct
import threading

import pytest
from slack_sdk.socket_mode.request import SocketModeRequest

from helpdesk.channels.slack.api import socket_mode
from helpdesk.domain.outbox import errors

EVENT = {"type": "event_callback", "event_id": "Ev7", "team_id": "T1", "event": {"type": "message"}}


class Spy:
    def __init__(self):
        self.acknowledged = []

    def send_socket_mode_response(self, response):
        self.acknowledged.append(response.to_dict())


def request(payload=EVENT, answers=False):
    return SocketModeRequest("events_api", "env-1", payload, accepts_response_payload=answers)


def test_it_is_stored_first_and_acknowledged_then():
    spy, order = Spy(), []
    socket_mode.receive_request(spy, request(), lambda *what: order.append((what, list(spy.acknowledged))))
    assert order == [(("slack", "Ev7", EVENT), [])]
    assert spy.acknowledged == [{"envelope_id": "env-1"}]


def test_what_could_not_be_stored_is_not_acknowledged():
    spy = Spy()

    def full(*_):
        raise OSError("disk full")

    socket_mode.receive_request(spy, request(), full)
    assert spy.acknowledged == []


def test_an_answer_to_a_form_goes_along_where_slack_takes_one():
    for takes, expected in (
        (True, {"envelope_id": "env-1", "payload": {"response_action": "errors"}}),
        (False, {"envelope_id": "env-1"}),
    ):
        spy = Spy()
        socket_mode.receive_request(spy, request(answers=takes), lambda *_: {"response_action": "errors"})
        assert spy.acknowledged == [expected]


def test_a_wrong_app_token_is_said_in_words(place):
    with pytest.raises(errors.ChannelBlockedError):
        socket_mode.listen("xapp-wrong", lambda *_: None, base_url=place[1], connections=1)


def test_over_a_real_socket():
    """A server of one WebSocket: hands out its address, sends one envelope, records what it receives."""
    acknowledged, heard = threading.Event(), []
    kept = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = json.dumps({"ok": True, "url": f"ws://127.0.0.1:{self.server.server_port}/link"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
            self.end_headers()
            text = json.dumps(
                {
                    "type": "events_api",
                    "envelope_id": "env-9",
                    "payload": EVENT,
                    "accepts_response_payload": False,
                }
            ).encode()
            self.wfile.write(bytes([0x81, 126]) + struct.pack(">H", len(text)) + text)
            self.wfile.flush()
            while not acknowledged.is_set():
                head = self.rfile.read(2)
                if len(head) < 2:
                    break
                length = head[1] & 0x7F
                length = struct.unpack(">H", self.rfile.read(2))[0] if length == 126 else length
                mask, data = self.rfile.read(4), self.rfile.read(length)
                if head[0] & 0x0F == 1:
                    kept["acknowledged"] = json.loads(bytes(byte ^ mask[n % 4] for n, byte in enumerate(data)))
                    kept["stored_before"] = list(heard)
                    acknowledged.set()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    listener = socket_mode.listen(
        "xapp-1",
        lambda *what: heard.append(what),
        base_url=f"http://127.0.0.1:{server.server_port}/api/",
        connections=1,
    )
    try:
        assert acknowledged.wait(60)
    finally:
        listener.close()
        server.shutdown()
    assert kept["acknowledged"] == {"envelope_id": "env-9"}
    assert kept["stored_before"] == heard == [("slack", "Ev7", EVENT)]
    assert listener.wait(0)
