"""Answers ASGI requests with a WSGI application (PEP 3333), each in a thread.

A request with a short body and its answer cross between the event loop and the thread once each way; long bodies and
long answers are passed on in pieces, while they are sent and read.
"""

import asyncio
import contextlib
import contextvars
import functools
import io
import string
import sys
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from helpdesk.asgi_types import Message, Receive, Scope, Send

Environ = dict[str, Any]
WsgiApplication = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

PIECE_BYTES = 64 * 1024  # a longer body, or a longer answer, is passed on in pieces
MAX_DIGITS = 19  # of a Content-Length; Python refuses to read a number of thousands
DISCARD_SECONDS = 5.0
DISCARD_BYTES = 256 * 1024 * 1024  # more than deploy/nginx.conf lets through


class ClientLeft(OSError):
    """The client closed the connection before its request was complete."""


class WsgiAdapter:
    """An ASGI application that lets ``app`` answer, in at most ``threads`` threads at once.

    At most half of them wait for bodies that come slowly, so that pages are answered beside any number of these. None
    waits for a client that reads slowly.
    """

    def __init__(self, app: WsgiApplication, threads: int) -> None:
        self.app = app
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="WSGI")
        self._long_bodies = asyncio.Semaphore(max(1, threads // 2))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await _read_short_body(scope, receive)
        except ClientLeft:
            return  # nobody waits for an answer
        async with contextlib.nullcontext() if body is not None else self._long_bodies:
            await self._respond(scope, body if body is not None else _long_body(receive), send)

    async def _respond(self, scope: Scope, body: Any, send: Send) -> None:
        loop, answer = asyncio.get_running_loop(), _Answer(self.app, build_environ(scope, body))
        # A context of its own: nothing that one request leaves in it, as in flask.g, is seen by another.
        run = contextvars.Context().run
        try:
            while not answer.is_whole:
                for message in await loop.run_in_executor(self._threads, run, answer.read_on):
                    await send(message)
        finally:
            if not answer.is_whole:
                await loop.run_in_executor(self._threads, run, answer.close)


class _Answer:
    """The answer of the application to one request, made while it is read."""

    def __init__(self, app: WsgiApplication, environ: Environ) -> None:
        self._app, self._environ = app, environ
        self._head: Message | None = None
        self._is_head_passed_on = self.is_whole = False
        self._iterable: Iterable[bytes] = ()
        self._iterator: Iterator[bytes] | None = None
        self._pieces: list[bytes] = []

    def read_on(self) -> list[Message]:
        """Return the next messages: with PIECE_BYTES of the body, or with all that is left of it."""
        if self._iterator is None:
            self._iterable = self._app(self._environ, self._start)
            self._iterator = iter(self._iterable)
        size = sum(map(len, self._pieces))
        for piece in self._iterator:
            self._pieces.append(piece)
            size += len(piece)
            if size >= PIECE_BYTES:
                return self._take(is_last=False)
        self.close()
        body = self._environ["wsgi.input"]
        if self._head is not None and 400 <= self._head["status"] < 500 and isinstance(body, io.BufferedReader):
            _discard(body, asks_first="100-continue" in self._environ.get("HTTP_EXPECT", "").lower())
        return self._take(is_last=True)

    def close(self) -> None:
        """Let the application end its work on the request."""
        self.is_whole = True
        close = getattr(self._iterable, "close", None)
        if close is not None:
            close()

    def _start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        """PEP 3333's ``start_response``."""
        if exc_info is not None and self._is_head_passed_on:
            raise exc_info[1].with_traceback(exc_info[2])
        pairs = [(_encode_name(name), value.strip().encode("latin-1")) for name, value in headers]
        self._head = {"type": "http.response.start", "status": int(status[:3]), "headers": pairs}
        return self._pieces.append

    def _take(self, is_last: bool) -> list[Message]:
        if self._head is None:
            raise RuntimeError("the application wrote before it called start_response")
        body = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        messages = [] if self._is_head_passed_on else [self._head]
        messages.append({"type": "http.response.body", "body": body, "more_body": not is_last})
        self._is_head_passed_on = True
        self._pieces.clear()
        return messages


class _LongBody(io.RawIOBase):
    """A request's body, read from the server piece by piece. Reading raises ClientLeft if the connection breaks off.

    An adapter that took that for the end would have half a mail look whole.
    """

    def __init__(self, receive: Receive, loop: asyncio.AbstractEventLoop) -> None:
        self._receive, self._loop = receive, loop
        self._left, self._has_more = memoryview(b""), True
        self.is_begun = False  # only then the server asks a client that waits for "100 Continue" to send

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left and self._has_more:
            self.is_begun = True
            message = _wait_for(self._loop, _receive_one(self._receive))
            self._left, self._has_more = memoryview(message.get("body", b"")), message.get("more_body", False)
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count


def build_environ(scope: Scope, body: Any) -> Environ:
    """Return the WSGI environment of the request of ``scope``; the ASGI scope is in it as ``asgi.scope``.

    Headers whose names contain an underscore are left out: they could not be distinguished there from those with
    hyphens that a proxy sets (X-Forwarded-For).
    """
    path, prefix = _to_wsgi(scope["path"]), _to_wsgi(scope.get("root_path", ""))
    server, port = scope.get("server") or ("localhost", 80)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": prefix,
        "PATH_INFO": path.removeprefix(prefix),
        "QUERY_STRING": _to_ascii(scope["query_string"]),
        "SERVER_NAME": server,
        "SERVER_PORT": str(port or 0),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.input_terminated": True,  # the body ends where the request does, also without Content-Length
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "asgi.scope": scope,
    }
    if client := scope.get("client"):
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = client[0], str(client[1])
    for name, value in scope["headers"]:
        key = _name_in_environ(name)
        if key is not None:
            text = value.decode("latin-1")
            environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ


@functools.lru_cache(512)
def _name_in_environ(header: bytes) -> str | None:
    name = header.decode("latin-1").upper().replace("-", "_")
    if b"_" in header:
        return None
    return name if name in ("CONTENT_LENGTH", "CONTENT_TYPE") else f"HTTP_{name}"


@functools.lru_cache(512)
def _encode_name(header: str) -> bytes:
    return header.strip().lower().encode("latin-1")


def _to_wsgi(text: str) -> str:
    """Return ``text`` with a character for each byte of its UTF-8."""
    return text if text.isascii() else text.encode().decode("latin-1")


def _to_ascii(query: bytes) -> str:
    """Return a query with what is not ASCII in it quoted, as browsers do."""
    return query.decode("ascii") if query.isascii() else quote(query, safe=string.punctuation)


async def _read_short_body(scope: Scope, receive: Receive) -> io.BufferedIOBase | None:
    """Read the body of a request that says it is short. None where the application has to read it.

    A client that waits to be asked for its body (Expect) is asked when the application reads.
    """
    length = 0
    for name, value in scope["headers"]:
        if name == b"content-length":
            length = int(value) if value.isdigit() and len(value) < MAX_DIGITS else PIECE_BYTES + 1
        elif name in (b"transfer-encoding", b"expect"):
            return None
    if not length:
        return io.BytesIO()
    if length > PIECE_BYTES:
        return None
    pieces, has_more = [], True
    while has_more:
        message = await _receive_one(receive)
        pieces.append(message.get("body", b""))
        has_more = message.get("more_body", False)
    return io.BytesIO(b"".join(pieces))


def _long_body(receive: Receive) -> io.BufferedReader:
    return io.BufferedReader(_LongBody(receive, asyncio.get_running_loop()), PIECE_BYTES)


async def _receive_one(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientLeft
    return message


def _wait_for(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any]) -> Any:
    """Run ``work`` in ``loop`` from another thread, and wait for its result.

    It runs in an empty context. Where receiving makes the server read on from the socket, it reads in a copy of this
    context from then on, and so would begin every later request of the connection in it.
    """
    return contextvars.Context().run(asyncio.run_coroutine_threadsafe, work, loop).result()


def _discard(body: io.BufferedReader, asks_first: bool) -> None:
    """Read a body that was refused to its end and throw it away, within DISCARD_SECONDS and DISCARD_BYTES.

    A proxy that is still sending takes a closed connection for an error of the portal (502) and never reads the answer.
    A client that asks whether to send (``Expect: 100-continue``, as curl does from a megabyte on) and was refused first
    sends none: nothing is waited for.
    """
    if asks_first and isinstance(body.raw, _LongBody) and not body.raw.is_begun:
        return
    until, left = time.monotonic() + DISCARD_SECONDS, DISCARD_BYTES
    with contextlib.suppress(OSError):
        while left > 0 and time.monotonic() < until and (piece := body.read(PIECE_BYTES)):
            left -= len(piece)
