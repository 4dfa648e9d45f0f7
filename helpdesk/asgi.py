"""The ASGI application: it answers live streams itself and passes everything else to Flask through a WSGI adapter.

``helpdesk serve`` runs it. Any other ASGI server may: ``uvicorn --factory helpdesk.asgi:create_asgi_app``.
"""

import asyncio
import select
import signal
import threading
from collections.abc import Sequence
from types import FrameType
from typing import Any

from flask import Flask

from helpdesk import counters
from helpdesk.asgi_types import Message, Receive, Scope, Send
from helpdesk.config import Config
from helpdesk.web.health import IS_ENDING
from helpdesk.web.live.hub import SseHub
from helpdesk.web.live.listener import listen
from helpdesk.web.live.routes import GRANT, StreamGrant
from helpdesk.web.live.stream import SseResponse
from helpdesk.wsgi_adapter import WsgiAdapter

BODY_HEADERS = {b"content-length", b"content-type"}  # headers that a 204 must not have (RFC 9110, 8.6)

LAST_REQUESTS_SECONDS = 1.0  # for connections that were accepted last to send their requests
ACCEPT_TURNS, QUIET_TURNS = 1000, 2  # of the event loop, before a listening socket is closed


class PortalASGI:
    """The portal for an ASGI server. The hub is created when the server's process starts, after any fork."""

    def __init__(self, app: Flask, config: Config) -> None:
        self.app, self.config = app, config
        self.flask = WsgiAdapter(app, config.WEB_THREADS)
        self.hub = SseHub(limit=0)
        self.drain_seconds = 0.0
        self._is_ending = False
        self._end: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._run_lifespan(receive, send)
            return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        if self._is_ending:
            scope, send = {**scope, IS_ENDING: True}, _closing(send)
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].endswith("/live"):
            await self._answer_live(scope, receive, send)
        else:
            await self.flask(scope, receive, send)

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

        await self.flask({**scope, GRANT: grant}, _no_body, collect)
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


def create_asgi_app() -> PortalASGI:
    """Build the portal from the settings of the environment. Raises config.UnsafeConfiguration."""
    from helpdesk import config, create_app

    return PortalASGI(create_app(), config.current())


async def _no_body() -> Message:
    """Return an ASGI ``receive`` for a request without a body."""
    return {"type": "http.request", "body": b"", "more_body": False}
