"""Live pages: a stream that says only "changed". What changed, the browser asks for itself, through the page's own permission.

One Redis subscription a process, fanned out in memory. A stream's generator never touches the database, and ends before a
minute is over, so that it is authorised again.
"""

import logging
import random
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from queue import Empty, SimpleQueue

from flask import Blueprint, Response
from flask_login import current_user
from redis.exceptions import RedisError

from helpdesk import config, extensions, presence
from helpdesk.after_commit import CHANGED
from helpdesk.web import access, tickets

blueprint = Blueprint("live", __name__)
log = logging.getLogger(__name__)

LASTS = (40.0, 55.0)  # seconds, at random between, so that not all come back at once
HEARTBEAT = 15.0  # seconds between comment lines, which find browsers that have left
SETTLE = 0.03  # seconds in which several changes become one
END = "end"


@blueprint.get("/tickets/<int:number>/live")
def ticket(number: int):
    ticket = tickets.found(number)
    topic = f"ticket:{ticket.id}" + (":team" if current_user.is_team else "")
    if current_user.is_team:
        presence.here(ticket.id, current_user.id)
    return stream(topic)


@blueprint.get("/tickets/live")
def ticket_list():
    if current_user.is_team:
        return stream("desk")
    return stream(f"organization:{current_user.organization_id}")


@blueprint.get("/desk/live")
@access.team_only
def desk():
    return stream("desk")


def stream(topic: str) -> Response:
    """Events whenever ``topic`` changes; 204 (which tells a browser to stop asking) when this process carries enough."""
    follower = hub().join(topic, f"user:{current_user.id}")
    if follower is None:
        return Response(status=204)
    extensions.db.session.remove()
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response(follower, mimetype="text/event-stream", headers=headers, direct_passthrough=True)


class Follower:
    """One open stream: an iterator of bytes for the server, a queue for the hub."""

    def __init__(self, hub: "Hub", topics: tuple[str, ...]):
        self.hub = hub
        self.topics = topics
        self.queue: SimpleQueue[str] = SimpleQueue()
        self.ends_at = time.monotonic() + random.uniform(*LASTS)  # noqa: S311  Spreads reconnections; nothing secret.
        self.greeted = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not self.greeted:
            self.greeted = True
            return b"retry: 1000\nevent: changed\ndata: hello\n\n"
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise StopIteration
        try:
            what = self.queue.get(timeout=min(HEARTBEAT, left))
        except Empty:
            return b":\n\n"
        time.sleep(SETTLE)
        while True:
            if what == END:
                raise StopIteration
            try:
                what = self.queue.get_nowait()
            except Empty:
                return b"event: changed\ndata: now\n\n"

    def close(self) -> None:
        """Called by the server when the browser has left or the stream has ended."""
        self.hub.leave(self)


class Hub:
    """Who follows what in this process, and the one subscription that feeds them."""

    def __init__(self, most: int):
        self.most = most
        self.followers: dict[str, set[Follower]] = defaultdict(set)
        self.count = 0
        self.lock = threading.Lock()
        threading.Thread(target=self._listen, name="live", daemon=True).start()

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
        with self.lock:
            for topic in follower.topics:
                followers = self.followers.get(topic)
                if followers and follower in followers:
                    followers.discard(follower)
                    self.count -= topic == follower.topics[0]
                    if not followers:
                        del self.followers[topic]

    def tell(self, topics: list[str]) -> None:
        """Pass on that ``topics`` changed. A change of a user's rights ends that user's streams."""
        with self.lock:
            for topic in topics:
                for follower in self.followers.get(topic, ()):
                    follower.queue.put(END if topic.startswith("user:") else topic)

    def tell_everybody(self) -> None:
        """Something may have been missed."""
        with self.lock:
            for followers in self.followers.values():
                for follower in followers:
                    follower.queue.put("all")

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
