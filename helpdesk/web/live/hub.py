"""The open streams of one process: the topics each subscribes to, and how a change is written to them.

A published topic is ``user:<id>`` (that person's streams end), ``end:<topic>`` (the streams that follow ``topic`` end:
what they may follow has changed), ``notifications:<id>`` (that person's notifications), a list (``desk``,
``organization:<id>``) or a ticket, alone (``ticket:<id>``) or for an audience (``team:ticket:<id>``,
``organization:<id>:ticket:<id>``, ``requester:<id>:ticket:<id>``); it ends with ``:messages`` where only the
conversation has changed, with ``:present`` where only who has the ticket open. Events written to a stream are
``ticket:<id>``, ``messages:<id>``, ``present:<id>``, ``notifications``, ``list`` or ``everything``. All of it runs in
one event loop, so that no locks are needed.
"""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Iterable

from helpdesk.live_events import MESSAGES_ONLY, PRESENT_ONLY
from helpdesk.web.live.stream import EVERYTHING, Subscription

HEARTBEAT_SECONDS = 15  # between two comment lines of a stream, so that proxies do not close it
SETTLE_SECONDS = 0.03  # several changes within it are written as one event
WRITE_BATCH = 200  # streams written to in one turn of the event loop, between which pages are served


class SseHub:
    """The subscriptions of all streams. ``limit``: how many streams there may be."""

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
        """Create the subscription of a new stream; None if there are too many or the hub is closed."""
        if self.is_closed or len(self._subscriptions) >= self.limit:
            return None
        subscription = Subscription(tuple(topics), slot=next(self._slots))
        self._subscriptions.add(subscription)
        for topic in subscription.topics:
            self._by_topic[topic].add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Remove a subscription; no error if it was removed before."""
        self._subscriptions.discard(subscription)
        self._waiting.discard(subscription)
        for topic in subscription.topics:
            followers = self._by_topic.get(topic)
            if followers is not None:
                followers.discard(subscription)
                if not followers:
                    del self._by_topic[topic]

    def publish(self, topics: Iterable[str]) -> None:
        """Write to the subscribers of ``topics`` that these changed."""
        for topic in topics:
            if topic.startswith(("user:", "end:")):
                for subscription in self._by_topic.get(topic.removeprefix("end:"), ()):
                    subscription.end()
                continue
            part = next((part for part in (MESSAGES_ONLY, PRESENT_ONLY) if topic.endswith(part)), "")
            topic = topic.removesuffix(part)
            audience, separator, ticket_id = topic.partition(":ticket:")
            name = f"ticket:{ticket_id}" if separator else topic if topic.startswith("ticket:") else "list"
            if topic.startswith("notifications:"):
                name = "notifications"
            if part:
                name = name.replace("ticket", part[1:], 1)
            for topic_to_notify in {topic, audience}:
                self._notify(self._by_topic.get(topic_to_notify, ()), name)

    def publish_everything(self) -> None:
        """Write to every stream that events may have been missed."""
        self._notify(self._subscriptions, EVERYTHING)

    def close(self) -> None:
        """Accept no more streams, and end those that are open."""
        self.is_closed = True
        for subscription in self._subscriptions:
            subscription.end()

    async def send_heartbeats(self) -> None:
        """Write a comment line to each stream every HEARTBEAT_SECONDS, spread over the seconds, until cancelled."""
        for slot in itertools.cycle(range(HEARTBEAT_SECONDS)):
            await asyncio.sleep(1)
            for subscription in self._subscriptions:
                if subscription.slot == slot:
                    self._start_write(subscription)

    def _notify(self, subscriptions: Iterable[Subscription], name: str) -> None:
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
        # One task each: a browser that does not read delays no other.
        task = asyncio.get_running_loop().create_task(subscription.write())
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)
