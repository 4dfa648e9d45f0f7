"""The ASGI application: it answers live streams itself and passes everything else to Flask through a WSGI adapter.

``helpdesk serve`` runs it. Any other ASGI server may: ``uvicorn --factory helpdesk.asgi:create_asgi_app``.
"""

import asyncio
import contextlib
import contextvars
import select
import signal
import string
import threading
import time
from collections.abc import Sequence
from types import FrameType
from typing import Any
from urllib.parse import quote

from a2wsgi import WSGIMiddleware
from flask import Flask

from helpdesk import counters
from helpdesk.config import Config
from helpdesk.web.health import IS_ENDING
from helpdesk.web.live.hub import SseHub
from helpdesk.web.live.listener import listen
from helpdesk.web.live.routes import GRANT, StreamGrant
from helpdesk.web.live.stream import Message, Receive, Send, SseResponse

Scope = dict[str, Any]
BODY_HEADERS = {b"content-length", b"content-type"}  # headers that a 204 must not have (RFC 9110, 8.6)

IS_READ = "helpdesk.body_is_read"  # in the scope of a request
LAST_REQUESTS_SECONDS = 1.0  # for connections that were accepted last to send their requests
ACCEPT_TURNS, QUIET_TURNS = 1000, 2  # of the event loop, before a listening socket is closed
DISCARD_SECONDS = 5.0
DISCARD_BYTES = 256 * 1024 * 1024  # more than deploy/nginx.conf lets through


class ClientLeft(OSError):
    """The client closed the connection before its request was complete."""


class PortalASGI:
    """The portal for an ASGI server. The hub is created when the server's process starts, after any fork."""

    def __init__(self, app: Flask, config: Config) -> None:
        self.app, self.config = app, config
        adapter: Any = WSGIMiddleware  # its types name every ASGI message; ours is a plain dict
        self.flask = adapter(_WithInputEnd(app), workers=config.WEB_THREADS)
        self.hub = SseHub(limit=0)
        self.drain_seconds = 0.0
        self._is_ending = False
        self._end: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._run_lifespan(receive, send)
            return
        if self._is_ending:
            scope, send = {**scope, IS_ENDING: True}, _closing(send)
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].endswith("/live"):
            await self._answer_live(clean_scope(scope), receive, send)
        else:
            scope = clean_scope(scope)
            await self._ask_flask(scope, _complete(receive, scope), send)

    async def _ask_flask(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let Flask answer, in a context of its own.

        The adapter reads a body from inside Flask's context. Where that makes the server read on from the socket, it
        reads in a copy of this context from then on, and so would begin every later request of the connection in it:
        with what an earlier request, perhaps of somebody else, kept in ``flask.g``, such as who is signed in.
        """
        adapter = self.flask(scope, receive, send)
        await asyncio.create_task(adapter, context=contextvars.Context())

    async def _run_lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        self.hub = SseHub(self.config.LIVE_STREAMS)
        self._end_in_order()
        tasks = [
            asyncio.create_task(listen(self.hub, self.config.REDIS_URL)),
            asyncio.create_task(self.hub.send_heartbeats()),
        ]
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.hub.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer_live(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let Flask authorize the request. Its response is passed on, or becomes the head of a stream."""
        grant, answer = StreamGrant(), []

        async def collect(message: Message) -> None:
            answer.append(message)

        await self._ask_flask({**scope, GRANT: grant}, _no_body, collect)
        if grant.topics is None:
            for message in answer:
                await send(message)
            return
        head = answer[0]
        headers = [(name, value) for name, value in head["headers"] if name != b"content-length"]
        subscription = self.hub.subscribe(grant.topics)
        if subscription is None:
            headers = [(name, value) for name, value in headers if name not in BODY_HEADERS]
            await send({**head, "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        try:
            counters.add_streams(1)
            await SseResponse({**head, "headers": headers}, subscription)(receive, send)
        finally:
            counters.add_streams(-1)
            self.hub.unsubscribe(subscription)

    def _end_in_order(self) -> None:
        """On SIGTERM and SIGINT, end the streams, say ``Connection: close`` for ``drain_seconds``, then stop.

        The server's own handler closes connections that are idle at that moment. In ``drain_seconds`` a proxy forgets
        those that it keeps; then the listening sockets are closed, and what was accepted last gets time to send its
        request. Where no other process has such a socket, whoever connects is refused from then on, and a proxy asks
        another node; in one that stays open until the end they would wait, and be cut off. The handler waits for
        open requests; streams would use up all the time meant for them. A second signal stops at once.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            handler = signal.getsignal(number)

            def handle(number: int, frame: FrameType | None, handler: Any = handler) -> None:
                loop.call_soon_threadsafe(self.hub.close)
                if self._is_ending or not self.drain_seconds:
                    handler(number, frame)
                    return
                self._is_ending = True
                loop.call_soon_threadsafe(self._start_to_end, handler, number)

            if callable(handler):
                signal.signal(number, handle)

    def _start_to_end(self, handler: Any, number: int) -> None:
        self._end = asyncio.create_task(self._drain(handler, number))  # kept, so that it is not thrown away

    async def _drain(self, handler: Any, number: int) -> None:
        """Stop accepting after ``drain_seconds``, then let ``handler``, a method of uvicorn's server, end it."""
        try:
            await asyncio.sleep(self.drain_seconds)
            servers = getattr(getattr(handler, "__self__", None), "servers", ())
            await _stop_accepting(servers)
            if servers:
                await asyncio.sleep(LAST_REQUESTS_SECONDS)
        finally:
            handler(number, None)


async def _stop_accepting(servers: Sequence[asyncio.Server]) -> None:
    """Close the sockets on which ``servers`` listen, at a moment when nobody waits there to be accepted.

    Closing cuts off whoever waits, and whoever was accepted in the same turn of the event loop.
    """
    poll, quiet_turns = select.poll(), 0
    for server in servers:
        for listening in server.sockets:
            poll.register(listening.fileno(), select.POLLIN)
    for _ in range(ACCEPT_TURNS):
        quiet_turns = 0 if poll.poll(0) else quiet_turns + 1
        if quiet_turns == QUIET_TURNS:
            break
        await asyncio.sleep(0)
    for server in servers:
        server.close()


def _closing(send: Send) -> Send:
    """Wrap ``send`` so that the response ends its connection: whoever sent the request opens another one elsewhere."""

    async def send_closing(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [(name, value) for name, value in message.get("headers", ()) if name.lower() != b"connection"]
            message = {**message, "headers": [*headers, (b"connection", b"close")]}
        await send(message)

    return send_closing


class _WithInputEnd:
    """Tell Flask that the input ends where the request ends, so that a chunked body is read as well.

    A body that was refused is read to its end and thrown away before the answer: a proxy that is still sending takes a
    closed connection for an error of the portal (502) and never reads the answer. One that asked whether to send
    (``Expect: 100-continue``, as curl does from a megabyte on) and was refused first sends none: nothing is waited for.
    """

    def __init__(self, app: Flask) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        environ["wsgi.input_terminated"] = True
        statuses: list[str] = []

        def start(status: str, *arguments: Any) -> Any:
            statuses.append(status)
            return start_response(status, *arguments)

        answer = self.app(environ, start)
        is_kept_back = "100-continue" in environ.get("HTTP_EXPECT", "").lower() and IS_READ not in environ["asgi.scope"]
        if statuses and statuses[-1].startswith("4") and not is_kept_back:
            _discard(environ["wsgi.input"])
        return answer


def _discard(body: Any) -> None:
    """Read ``body`` to its end, within DISCARD_SECONDS and DISCARD_BYTES."""
    until, left = time.monotonic() + DISCARD_SECONDS, DISCARD_BYTES
    with contextlib.suppress(OSError):
        while left > 0 and time.monotonic() < until and (piece := body.read(65536)):
            left -= len(piece)


def create_asgi_app() -> PortalASGI:
    """Build the portal from the settings of the environment. Raises config.UnsafeConfiguration."""
    from helpdesk import config, create_app

    return PortalASGI(create_app(), config.current())


def clean_scope(scope: Scope) -> Scope:
    """Return ``scope`` without headers whose names contain an underscore, and with an ASCII query.

    In a WSGI environment such a name could not be distinguished from the one with hyphens that a proxy sets
    (X-Forwarded-For).
    """
    headers, query = scope["headers"], scope["query_string"]
    if any(b"_" in name for name, _ in headers):
        scope = {**scope, "headers": [(name, value) for name, value in headers if b"_" not in name]}
    if not query.isascii():
        scope = {**scope, "query_string": quote(query, safe=string.punctuation).encode()}
    return scope


def _complete(receive: Receive, scope: Scope) -> Receive:
    """Wrap ``receive`` so that it raises ClientLeft when the connection breaks off; the adapter would see an end.

    The scope notes that the body is being read.
    """

    async def receive_all() -> Message:
        scope[IS_READ] = True
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        return message

    return receive_all


async def _no_body() -> Message:
    """Return an ASGI ``receive`` for a request without a body."""
    return {"type": "http.request", "body": b"", "more_body": False}
