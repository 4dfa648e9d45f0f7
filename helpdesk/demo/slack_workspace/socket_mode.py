"""Socket Mode (Slack's page "Using Socket Mode"): payloads go through a WebSocket that the app opened."""

import base64
import hashlib
import json
import queue
import socket
import struct
import threading
from contextlib import suppress

import flask

from helpdesk.demo import personas
from helpdesk.demo.slack_workspace import ids, signed_requests

_WEBSOCKET_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
_OPCODE_TEXT, _OPCODE_CLOSE, _OPCODE_PING, _OPCODE_PONG = 1, 8, 9, 10


class SocketConnections:
    """The open connections; each delivery goes to one of them, in turn."""

    def __init__(self) -> None:
        self.connection_tickets: set[str] = set()
        self._open: list[_WebSocketConnection] = []
        self._answers: dict[str, queue.SimpleQueue] = {}
        self._lock = threading.Lock()

    def any(self) -> bool:
        """Whether an app is connected; then nothing is sent by HTTP.

        Source: docs.slack.dev/apis/events-api/using-socket-mode.
        """
        return bool(self._open)

    def deliver(
        self, kind: str, payload: dict, timeout: float, more: dict | None = None
    ) -> signed_requests.PortalResponse:
        """Send an envelope and wait `timeout` seconds for its acknowledgement, as the response to a request.

        Source: docs.slack.dev/apis/events-api/using-socket-mode.
        """
        envelope = {"envelope_id": ids.create_id("").lower(), "type": kind, "payload": payload, **(more or {})}
        envelope["accepts_response_payload"] = kind != "events_api"
        waiting: queue.SimpleQueue = queue.SimpleQueue()
        with self._lock:
            if not self._open:
                return signed_requests.PortalResponse(0, "connection_failed")
            self._open.append(self._open.pop(0))
            connection = self._open[-1]
            self._answers[envelope["envelope_id"]] = waiting
        try:
            connection.send(_OPCODE_TEXT, json.dumps(envelope).encode())
            reply = waiting.get(timeout=timeout)
        except queue.Empty:
            return signed_requests.PortalResponse(0, "http_timeout")
        except OSError:
            return signed_requests.PortalResponse(0, "connection_failed")
        finally:
            self._answers.pop(envelope["envelope_id"], None)
        return signed_requests.PortalResponse(200, "", json.dumps(reply).encode() if reply else b"", "application/json")

    def close(self) -> None:
        """Close all connections, as Slack does now and then (disconnect, "refresh_requested").

        Source: docs.slack.dev/apis/events-api/using-socket-mode.
        """
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.send(_OPCODE_TEXT, b'{"type": "disconnect", "reason": "refresh_requested"}')
                    connection.send(_OPCODE_CLOSE, b"")

    def serve(self, raw: socket.socket) -> None:
        """Handle one connection until it ends.

        Source: docs.slack.dev/apis/events-api/using-socket-mode.
        """
        connection = _WebSocketConnection(raw)
        info = {
            "type": "hello",
            "num_connections": len(self._open) + 1,
            "connection_info": {"app_id": personas.APP_ID},
        }
        connection.send(_OPCODE_TEXT, json.dumps(info).encode())
        with self._lock:
            self._open.append(connection)
        try:
            for message in connection.messages():
                with suppress(ValueError, AttributeError):
                    reply = json.loads(message)
                    if waiting := self._answers.get(reply.get("envelope_id", "")):
                        waiting.put(reply.get("payload"))
        finally:
            with self._lock:
                self._open.remove(connection)


class WebSocketResponse(flask.Response):
    """The response to a WebSocket request; it runs as long as the connection."""

    def __init__(self, sockets: SocketConnections):
        super().__init__()
        self._sockets = sockets

    def __call__(self, environ, start_response):
        ticket = flask.Request(environ).args.get("ticket", "")
        key, raw = environ.get("HTTP_SEC_WEBSOCKET_KEY"), environ.get("werkzeug.socket")
        if ticket not in self._sockets.connection_tickets or not key or raw is None:
            return flask.Response("a fresh ticket and a WebSocket are needed", 400)(environ, start_response)
        self._sockets.connection_tickets.discard(ticket)
        accept = base64.b64encode(hashlib.sha1(key.encode() + _WEBSOCKET_GUID, usedforsecurity=False).digest()).decode()
        head = f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        with suppress(OSError):
            raw.sendall(f"HTTP/1.1 101 Switching Protocols\r\n{head}".encode())
            self._sockets.serve(raw)
        raise ConnectionResetError("the WebSocket was closed")


class _WebSocketConnection:
    def __init__(self, raw: socket.socket):
        self._raw = raw
        self._writing = threading.Lock()

    def send(self, opcode: int, data: bytes) -> None:
        size = len(data)
        if size < 126:
            head = struct.pack("!BB", 0x80 | opcode, size)
        elif size < 65536:
            head = struct.pack("!BBH", 0x80 | opcode, 126, size)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 127, size)
        with self._writing:
            self._raw.sendall(head + data)

    def messages(self):
        """Every text message; pings are answered, and the end of the connection ends the loop.

        Source: docs.slack.dev/apis/events-api/using-socket-mode.
        """
        whole = b""
        while True:
            try:
                first, second = self._read(2)
                size = second & 127
                if size > 125:
                    size = int.from_bytes(self._read(2 if size == 126 else 8), "big")
                mask = self._read(4) if second & 128 else b"\0\0\0\0"
                data = bytes(byte ^ mask[i % 4] for i, byte in enumerate(self._read(size)))
            except OSError:
                return
            opcode = first & 15
            if opcode == _OPCODE_CLOSE:
                with suppress(OSError):
                    self.send(_OPCODE_CLOSE, data[:2])
                return
            if opcode == _OPCODE_PING:
                self.send(_OPCODE_PONG, data)
            elif opcode in (0, _OPCODE_TEXT):
                whole += data
                if first & 128:
                    yield whole
                    whole = b""

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self._raw.recv(size - len(data))
            if not piece:
                raise ConnectionResetError("the client closed the connection")
            data += piece
        return data
