"""One open stream: its pending events, and the response that carries them."""

import asyncio
import random

from helpdesk.asgi_types import Message, Receive, Send

EVERYTHING = "everything"  # sent first, and whenever changes may have been missed
LIFETIME = (40.0, 55.0)  # seconds, a random value between; the browser then reconnects and is authorized again
RETRY_MILLISECONDS = 1000
MAX_NAMES = 100  # changes sent by name; more are sent as EVERYTHING
COMMENT = b":\n\n"


class Subscription:
    """The subscription of one stream. ``slot``: the second of the hub's cycle in which it gets a comment line."""

    __slots__ = ("_changed", "_deadline", "_is_ended", "_is_writing", "_send", "slot", "topics")

    def __init__(self, topics: tuple[str, ...], slot: int = 0) -> None:
        self.topics, self.slot = topics, slot
        self._changed: set[str] = set()
        self._send: Send | None = None
        self._deadline: asyncio.Timeout | None = None
        self._is_ended = self._is_writing = False

    @property
    def has_changes(self) -> bool:
        """Whether there are changes that have not been written yet."""
        return bool(self._changed)

    def add(self, name: str) -> None:
        """Add ``name`` to the changes of the next write."""
        if EVERYTHING not in self._changed:
            self._changed.add(name)
            if name == EVERYTHING or len(self._changed) > MAX_NAMES:
                self._changed = {EVERYTHING}

    def end(self) -> None:
        """End the stream now, as when its lifetime is over."""
        self._is_ended = True
        if self._deadline is not None and not self._deadline.expired():
            self._deadline.reschedule(asyncio.get_running_loop().time())

    def attach(self, send: Send, deadline: asyncio.Timeout) -> None:
        """Write events with ``send`` from now on, until ``deadline``."""
        self._send, self._deadline = send, deadline
        if self._is_ended:
            self.end()

    def detach(self) -> None:
        """Write nothing any more; the response is being finished."""
        self._send = self._deadline = None

    async def write(self) -> None:
        """Write pending changes, or a comment line if there are none. Later changes are written afterwards."""
        if self._send is None or self._is_ended or self._is_writing:
            return
        self._is_writing = True
        try:
            send = self._send
            await send(body(self._take_event() or COMMENT))
            while self._send is not None and (event := self._take_event()):
                await send(body(event))
        except OSError:
            self.end()  # the browser has disconnected
        finally:
            self._is_writing = False

    def _take_event(self) -> bytes:
        if not self._changed:
            return b""
        names, self._changed = " ".join(sorted(self._changed)), set()
        return b"event: changed\ndata: %s\n\n" % names.encode()


class SseResponse:
    """The response of one stream: ``start`` is its ASGI head; events follow until its lifetime is over."""

    def __init__(self, start: Message, subscription: Subscription) -> None:
        self.start, self.subscription = start, subscription

    async def __call__(self, receive: Receive, send: Send) -> None:
        """Run until the browser disconnects or the stream ends."""
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
    """Return an ASGI message with a part of the body; more follow."""
    return {"type": "http.response.body", "body": content, "more_body": True}
