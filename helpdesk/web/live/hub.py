"""The open streams of this process: who follows what, the one Redis subscription that feeds them, the one thread that speaks.

Nothing here touches the database. Where the server lets go of its connection (handover), a stream is a few hundred bytes in
the hub; otherwise the server's thread waits for it.
"""

import heapq
import itertools
import logging
import random
import threading
import time
from collections import defaultdict
from collections.abc import Iterator

from redis.exceptions import RedisError

from helpdesk import config, extensions
from helpdesk.after_commit import CHANGED
from helpdesk.web.live import socket_takeover

log = logging.getLogger(__name__)

LASTS = (40.0, 55.0)  # seconds, at random between, so that not all come back at once
HEARTBEAT = 15.0  # seconds between comment lines, which find browsers that have left
SETTLE = 0.03  # seconds in which several changes become one

HELLO = b"retry: 1000\nevent: changed\ndata: hello\n\n"
NEWS = b"event: changed\ndata: now\n\n"
BEAT = b":\n\n"


class Follower:
    """One open stream. ``news_at``: when it will hear of a change; ``beat_at``: when it will be asked whether it is there.

    Its hub's lock guards it.
    """

    __slots__ = ("beat_at", "ends_at", "hub", "line", "news_at", "topics")

    def __init__(self, hub: "Hub", topics: tuple[str, ...]):
        now = time.monotonic()
        self.hub, self.topics = hub, topics
        self.line: socket_takeover.Line | None = None
        self.ends_at = now + random.uniform(*LASTS)  # noqa: S311  Spreads reconnections; nothing secret.
        self.beat_at = now + HEARTBEAT
        self.news_at: float | None = None

    @property
    def due_at(self) -> float:
        """When there is something to say next, or it ends."""
        return min(self.ends_at, self.beat_at, self.news_at or self.ends_at)

    def next_words(self, now: float) -> bytes | None:
        """What is due; None when it is over, nothing (empty) when nothing is due."""
        if now >= self.ends_at:
            return None
        if self.news_at is not None and now >= self.news_at:
            self.news_at, self.beat_at = None, now + HEARTBEAT
            return NEWS
        if now >= self.beat_at:
            self.beat_at = now + HEARTBEAT
            return BEAT
        return b""


class Words:
    """A stream's answer as the server reads it: a greeting, then what is due, unless the connection can be taken over."""

    def __init__(self, follower: Follower, environ: dict):
        self.follower: Follower | None = follower
        self.environ: dict | None = environ
        self.is_greeted = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not self.is_greeted:
            self.is_greeted = True
            return HELLO
        if self.environ is not None:
            line, self.environ = socket_takeover.take(self.environ), None
            if line is not None:
                self.follower.hub.carry(self.follower, line)
                self.follower = None
                raise StopIteration
        words = self.follower.hub.wait(self.follower)
        if words is None:
            raise StopIteration
        return words

    def close(self) -> None:
        """Called by the server when it is done with the answer: the browser has left, the stream has ended, or is carried."""
        if self.follower is not None:
            self.follower.hub.leave(self.follower)


class Hub:
    """Who follows what in this process. One thread listens to Redis, one speaks to the streams it carries."""

    def __init__(self, most: int):
        self.most = most
        self.count = 0
        self.followers: dict[str, set[Follower]] = defaultdict(set)
        self.lock = threading.Condition()
        self._due: list[tuple[float, int, Follower]] = []
        self._numbers = itertools.count()
        for work in (self._listen, self._speak):
            threading.Thread(target=work, name=f"live{work.__name__}", daemon=True).start()

    def join(self, *topics: str) -> Follower | None:
        """A new stream, or None where there are enough."""
        with self.lock:
            if self.count >= self.most:
                return None
            self.count += 1
            follower = Follower(self, topics)
            for topic in topics:
                self.followers[topic].add(follower)
            return follower

    def leave(self, follower: Follower) -> None:
        """Forget a stream; nothing happens where it is forgotten already."""
        with self.lock:
            self._forget(follower)

    def carry(self, follower: Follower, line: socket_takeover.Line) -> None:
        """Speak to ``follower`` on ``line`` from now on, and close it in the end."""
        with self.lock:
            follower.line = line
            self._plan(follower)

    def wait(self, follower: Follower) -> bytes | None:
        """For a stream that is not carried: what is due, as soon as it is; None when it is over."""
        with self.lock:
            while (left := follower.due_at - time.monotonic()) > 0:
                self.lock.wait(left)
            return follower.next_words(time.monotonic())

    def tell(self, topics: list[str]) -> None:
        """Pass on that ``topics`` changed. A change of a user's rights ends that user's streams."""
        with self.lock:
            for topic in topics:
                for follower in tuple(self.followers.get(topic, ())):
                    self._tell(follower, is_over=topic.startswith("user:"))
            self.lock.notify_all()

    def tell_everybody(self, is_over: bool = False) -> None:
        """Something may have been missed; or, where ``is_over``, every stream ends."""
        with self.lock:
            for follower in {follower for followers in self.followers.values() for follower in followers}:
                self._tell(follower, is_over)
            self.lock.notify_all()

    def _tell(self, follower: Follower, is_over: bool) -> None:
        if is_over:
            follower.ends_at = 0.0
        elif follower.news_at is None:
            follower.news_at = time.monotonic() + SETTLE
        else:
            return
        if follower.line is not None:
            self._plan(follower)

    def _plan(self, follower: Follower) -> None:
        heapq.heappush(self._due, (follower.due_at, next(self._numbers), follower))
        if self._due[0][2] is follower:
            self.lock.notify_all()

    def _forget(self, follower: Follower) -> None:
        if follower not in self.followers.get(follower.topics[0], ()):
            return
        self.count -= 1
        for topic in follower.topics:
            followers = self.followers[topic]
            followers.discard(follower)
            if not followers:
                del self.followers[topic]
        if follower.line is not None:
            follower.line.drop()
            follower.line = None

    def _speak(self) -> None:
        while True:
            with self.lock:
                now = time.monotonic()
                if not self._due or self._due[0][0] > now:
                    self.lock.wait(self._due[0][0] - now if self._due else None)
                    continue
                follower = heapq.heappop(self._due)[2]
                try:
                    self._speak_to(follower, now)
                except Exception:
                    log.exception("A stream could not be spoken to")
                    self._forget(follower)

    def _speak_to(self, follower: Follower, now: float) -> None:
        line = follower.line
        if line is None or follower.due_at > now:
            return  # it has left, or was planned anew for another reason
        words = follower.next_words(now)
        if words is None:
            line.end()
            self._forget(follower)
        elif line.say(words):
            self._plan(follower)
        else:
            self._forget(follower)

    def _listen(self) -> None:
        while True:
            try:
                with extensions.patient_redis().pubsub(ignore_subscribe_messages=True) as subscription:
                    subscription.subscribe(CHANGED)
                    self.tell_everybody()
                    while True:
                        message = subscription.get_message(timeout=10)
                        if message:
                            self.tell(message["data"].decode().split())
            except (RedisError, OSError) as error:
                log.warning("No live updates for the moment: %s", type(error).__name__)
                time.sleep(1)
            except Exception:
                log.exception("The live subscription failed; starting it anew")
                time.sleep(1)


_hub: Hub | None = None
_hub_lock = threading.Lock()


def hub() -> Hub:
    """This process's hub; made at its first stream, after any fork."""
    global _hub
    with _hub_lock:
        if _hub is None:
            _hub = Hub(config.current().LIVE_STREAMS)
        return _hub


def forget() -> None:
    """A new process has no hub yet."""
    global _hub
    _hub = None
