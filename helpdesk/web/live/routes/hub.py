"""The open streams of one process: which topics each follows, and how a change reaches all of them.

A published topic is ``user:<id>`` (that person's streams end), a list (``desk``, ``organization:<id>``) or a ticket,
alone (``ticket:<id>``) or for an audience (``team:ticket:<id>``, ``organization:<id>:ticket:<id>``,
``requester:<id>:ticket:<id>``). What a stream says is ``ticket:<id>``, ``list`` or ``everything``. All of it runs in
one event loop, so nothing is locked.
"""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Iterable

from helpdesk.web.live.routes.stream import EVERYTHING, Subscription

HEARTBEAT_SECONDS = 15  # between two comment lines of a stream, which keep proxies from closing it
SETTLE_SECONDS = 0.03  # several changes within it are written as one event
WRITE_BATCH = 200  # streams written to in one turn of the event loop, between which pages are served


class SseHub:
    """Who follows what. ``limit``: how many streams there may be."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.is_closed = False
        self._subscriptions: set[Subscription] = set()
        self._by_topic: dict[str, set[Subscription]] = defaultdict(set)
        self._waiting: set[Subscription] = set()
        self._writes: set[asyncio.Task[None]] = set()
        self._slots = itertools.cycle(range(HEARTBEAT_SECONDS))

    def __len__(self) -> int:
        return len(self._subscriptions)

    def subscribe(self, topics: Iterable[str]) -> Subscription | None:
        """A new stream's place; None where there are enough, or no more are taken."""
        if self.is_closed or len(self._subscriptions) >= self.limit:
            return None
        subscription = Subscription(tuple(topics), slot=next(self._slots))
        self._subscriptions.add(subscription)
        for topic in subscription.topics:
            self._by_topic[topic].add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Forget a stream; nothing happens where it is forgotten already."""
        self._subscriptions.discard(subscription)
        self._waiting.discard(subscription)
        for topic in subscription.topics:
            followers = self._by_topic.get(topic)
            if followers is not None:
                followers.discard(subscription)
                if not followers:
                    del self._by_topic[topic]

    def publish(self, topics: Iterable[str]) -> None:
        """Pass on that ``topics`` changed."""
        for topic in topics:
            if topic.startswith("user:"):
                for subscription in self._by_topic.get(topic, ()):
                    subscription.end()
                continue
            audience, separator, ticket_id = topic.partition(":ticket:")
            name = f"ticket:{ticket_id}" if separator else topic if topic.startswith("ticket:") else "list"
            for followed in {topic, audience}:
                self._tell(self._by_topic.get(followed, ()), name)

    def publish_everything(self) -> None:
        """Tell every stream that something may have been missed."""
        self._tell(self._subscriptions, EVERYTHING)

    def close(self) -> None:
        """Take no more streams, and end those that are open."""
        self.is_closed = True
        for subscription in self._subscriptions:
            subscription.end()

    async def send_heartbeats(self) -> None:
        """Write a comment line to each stream every HEARTBEAT_SECONDS, to some of them each second, until cancelled."""
        for slot in itertools.cycle(range(HEARTBEAT_SECONDS)):
            await asyncio.sleep(1)
            for subscription in self._subscriptions:
                if subscription.slot == slot:
                    self._start_write(subscription)

    def _tell(self, subscriptions: Iterable[Subscription], name: str) -> None:
        if not subscriptions:
            return
        if not self._waiting:
            asyncio.get_running_loop().call_later(SETTLE_SECONDS, self._write_waiting)
        for subscription in subscriptions:
            subscription.add(name)
        self._waiting.update(subscriptions)

    def _write_waiting(self) -> None:
        for _ in range(min(WRITE_BATCH, len(self._waiting))):
            self._start_write(self._waiting.pop())
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._write_waiting)

    def _start_write(self, subscription: Subscription) -> None:
        # A task each: a browser that does not read holds up nobody but itself.
        task = asyncio.get_running_loop().create_task(subscription.write())
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)
