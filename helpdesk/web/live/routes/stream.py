"""One open stream: what it is still to be told, and the answer that carries it."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

EVERYTHING = "everything"  # said first, and whenever changes may have been missed
LIFETIME = (40.0, 55.0)  # seconds, at random between; a browser then comes back and is authorised again
RETRY_MILLISECONDS = 1000
MAX_NAMES = 100  # changes told one by one; more are told as EVERYTHING
COMMENT = b":\n\n"


class Subscription:
    """The place of one stream in the hub. ``slot``: the second of the hub's round in which it gets a comment line."""

    __slots__ = ("_changed", "_deadline", "_is_ended", "_is_writing", "_send", "slot", "topics")

    def __init__(self, topics: tuple[str, ...], slot: int = 0) -> None:
        self.topics, self.slot = topics, slot
        self._changed: set[str] = set()
        self._send: Send | None = None
        self._deadline: asyncio.Timeout | None = None
        self._is_ended = self._is_writing = False

    @property
    def has_changes(self) -> bool:
        """Whether something changed that is not written yet."""
        return bool(self._changed)

    def add(self, name: str) -> None:
        """Remember that ``name`` changed, for the next write."""
        if EVERYTHING not in self._changed:
            self._changed.add(name)
            if name == EVERYTHING or len(self._changed) > MAX_NAMES:
                self._changed = {EVERYTHING}

    def end(self) -> None:
        """Have the stream end now, as at the end of its time."""
        self._is_ended = True
        if self._deadline is not None and not self._deadline.expired():
            self._deadline.reschedule(asyncio.get_running_loop().time())

    def attach(self, send: Send, deadline: asyncio.Timeout) -> None:
        """From now on events are written with ``send``, until ``deadline``."""
        self._send, self._deadline = send, deadline
        if self._is_ended:
            self.end()

    def detach(self) -> None:
        """From now on nothing is written any more; the answer is being finished."""
        self._send = self._deadline = None

    async def write(self) -> None:
        """Write what has changed, or a comment line where nothing has. What changes meanwhile is written after it."""
        if self._send is None or self._is_ended or self._is_writing:
            return
        self._is_writing = True
        try:
            send = self._send
            await send(body(self._take_event() or COMMENT))
            while self._send is not None and (event := self._take_event()):
                await send(body(event))
        except OSError:
            self.end()  # the browser has left
        finally:
            self._is_writing = False

    def _take_event(self) -> bytes:
        if not self._changed:
            return b""
        names, self._changed = " ".join(sorted(self._changed)), set()
        return b"event: changed\ndata: %s\n\n" % names.encode()


class SseResponse:
    """The answer of one stream: ``start`` is its head, an ASGI message; events follow until its time is over."""

    def __init__(self, start: Message, subscription: Subscription) -> None:
        self.start, self.subscription = start, subscription

    async def __call__(self, receive: Receive, send: Send) -> None:
        """Runs until the browser leaves or the stream ends."""
        try:
            async with asyncio.timeout(random.uniform(*LIFETIME)) as deadline:  # noqa: S311, spreads the reconnections
                await send(self.start)
                await send(body(b"retry: %d\nevent: changed\ndata: %s\n\n" % (RETRY_MILLISECONDS, EVERYTHING.encode())))
                self.subscription.attach(send, deadline)
                try:
                    if self.subscription.has_changes:
                        await self.subscription.write()
                    while (await receive())["type"] != "http.disconnect":
                        pass
                finally:
                    self.subscription.detach()
        except TimeoutError:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


def body(content: bytes) -> Message:
    """A piece of the answer, more to follow."""
    return {"type": "http.response.body", "body": content, "more_body": True}
