"""The Events API (Slack's page "The Events API"): signed requests with retries, and a log of every attempt."""

import collections
import heapq
import itertools
import json
import queue
import random
import threading
import time
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from helpdesk.demo import personas
from helpdesk.demo.slack_workspace import ids, signed_requests

if TYPE_CHECKING:
    from helpdesk.demo.slack_workspace.state import ChannelState
    from helpdesk.demo.slack_workspace.workspace import Workspace

WORKER_COUNT = 8


@dataclass(frozen=True)
class DeliveryAttempt:
    """One request that was tried. `number` is 0 for the first; `status` is 0 without a response."""

    event_id: str
    kind: str
    url: str
    number: int
    status: int
    reason: str
    body: dict


@dataclass
class _PendingEvent:
    queue_number: int
    payload: dict
    url: str
    number: int = 0
    reason: str = ""


def _subscription(event: dict, channel: "ChannelState | None") -> str:
    """The name under which an app subscribes to ``event``: messages by the kind of conversation
    (docs.slack.dev/reference/events).
    """
    kinds = {"channel": "channels", "group": "groups", "im": "im"}
    return f"message.{kinds[channel.kind]}" if event["type"] == "message" and channel is not None else event["type"]


class EventDelivery:
    """Sends events in order per channel, several channels at once, so that a slow response does not delay the rest.

    An event goes to the `url` that was set at its time, and so do its retries.
    """

    def __init__(self, ws: "Workspace", url: str | None, retry_delays: tuple[float, ...], timeout: float):
        self.url, self.retry_delays, self.timeout = url, retry_delays, timeout
        self.log: collections.deque[DeliveryAttempt] = collections.deque(maxlen=20_000)
        self.sent = self.failed = 0
        self._ws = ws
        self._queues: list[queue.SimpleQueue] = [queue.SimpleQueue() for _ in range(WORKER_COUNT)]
        self._later: list[tuple[float, int, _PendingEvent]] = []
        self._order = itertools.count()
        self._open = 0
        self._idle = threading.Condition()
        self._started = self._ended = False
        self.faults(0, 0, 0)

    def faults(
        self,
        doubled: float = 0,
        reordered: float = 0,
        lost: float = 0,
        seed: int = 0,
        hold: float = 1.0,
        renamed: float = 0,
    ) -> None:
        """From now on duplicate, hold back for `hold` seconds, lose, or send a second time under another event_id
        (`renamed`) events with these probabilities.

        Source: docs.slack.dev/apis/events-api (events may come twice, late, or not at all); node-slack-sdk#2141.
        """
        self._renamed = renamed
        self._doubled, self._reordered, self._lost, self._hold = doubled, reordered, lost, hold
        self._random = random.Random(seed)

    def announce(self, channel: "ChannelState | None", event: dict) -> None:
        """Send an event, if the app is a member of the channel.

        It gains channel, channel_type and event_ts where Slack has them.

        Source: docs.slack.dev/apis/events-api (only what the app is in and subscribed to).
        """
        if channel is not None and personas.BOT_USER_ID not in channel.members:
            return
        if _subscription(event, channel) not in self._ws.subscriptions:
            return
        if event["type"] in ("message", "app_mention"):
            event = {**event, "channel": channel.id, "event_ts": event["ts"]}
            if event["type"] == "message":
                event["channel_type"] = channel.kind
        elif "event_ts" not in event:
            event["event_ts"] = ids.next_timestamp()
        place = channel.id if channel is not None else event.get("user", "")
        again = self._renamed and self._random.random() < self._renamed
        for _ in range(2 if again else 1):
            queue_number = zlib.crc32(place.encode()) % WORKER_COUNT
            self._post(_PendingEvent(queue_number, self._wrap(event, channel), self.url or ""))

    def settle(self, timeout: float = 5.0) -> bool:
        """Wait until every event was answered or given up; False after `timeout` seconds."""
        with self._idle:
            return self._idle.wait_for(lambda: self._open == 0, timeout)

    @property
    def waiting(self) -> int:
        return self._open

    def _wrap(self, event: dict, channel: "ChannelState | None") -> dict:
        return {
            "token": personas.VERIFICATION_TOKEN,
            "team_id": personas.TEAM_ID,
            "context_team_id": personas.TEAM_ID,
            "context_enterprise_id": self._ws.state.enterprise_id or None,
            "api_app_id": personas.APP_ID,
            "event": event,
            "type": "event_callback",
            "event_id": ids.create_id("Ev"),
            "event_time": int(time.time()),
            "authorizations": [
                {
                    "enterprise_id": self._ws.state.enterprise_id or None,
                    "team_id": personas.TEAM_ID,
                    "user_id": personas.BOT_USER_ID,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": bool(channel is not None and channel.shared_with),
            "event_context": "4-" + ids.create_id("EC"),
        }

    def _post(self, event_delivery: _PendingEvent) -> None:
        if self._lost and self._random.random() < self._lost:
            self._record_attempt(event_delivery, signed_requests.PortalResponse(0, "lost"))
            return
        copies = 2 if self._doubled and self._random.random() < self._doubled else 1
        held = self._reordered and self._random.random() < self._reordered
        if not event_delivery.url and not self._ws.sockets.any():
            self._record_attempt(event_delivery, signed_requests.PortalResponse(0, "no_url"))
            return
        for _ in range(copies):
            with self._idle:
                self._open += 1
                self._start()
                if held:
                    heapq.heappush(self._later, (time.monotonic() + self._hold, next(self._order), event_delivery))
                    self._idle.notify_all()
            if not held:
                self._queues[event_delivery.queue_number].put(event_delivery)

    def _start(self) -> None:
        if self._started:
            return
        self._started = True
        threading.Thread(target=self._run_retries, daemon=True, name="slack-event-retries").start()
        for waiting in self._queues:
            threading.Thread(target=self._run, args=(waiting,), daemon=True, name="slack-events").start()

    def stop(self) -> None:
        """End the threads. What waits for a second try is not sent any more."""
        with self._idle:
            self._ended = True
            self._idle.notify_all()
        for waiting in self._queues:
            waiting.put(None)

    def _run(self, waiting: queue.SimpleQueue) -> None:
        while (event_delivery := waiting.get()) is not None:
            self._send(event_delivery)

    def _send(self, event_delivery: _PendingEvent) -> None:
        body = json.dumps(event_delivery.payload).encode()
        extra = (
            {"X-Slack-Retry-Num": str(event_delivery.number), "X-Slack-Retry-Reason": event_delivery.reason}
            if event_delivery.number
            else None
        )
        if self._ws.sockets.any():
            retry = {"retry_attempt": event_delivery.number, "retry_reason": event_delivery.reason}
            response = self._ws.sockets.deliver("events_api", event_delivery.payload, self.timeout, retry)
        elif event_delivery.url:
            secret = self._ws.signing_secret
            response = signed_requests.post_signed(
                event_delivery.url, body, "application/json", secret, self.timeout, extra
            )
        else:
            response = signed_requests.PortalResponse(0, "no_url")
        self._record_attempt(event_delivery, response)
        with self._idle:
            if not response.ok and not response.no_retry and event_delivery.number < len(self.retry_delays):
                again = replace(event_delivery, number=event_delivery.number + 1, reason=response.reason)
                due = time.monotonic() + self.retry_delays[event_delivery.number]
                heapq.heappush(self._later, (due, next(self._order), again))
            else:
                self.sent += response.ok
                self.failed += not response.ok
                self._open -= 1
            self._idle.notify_all()

    def _run_retries(self) -> None:
        while not self._ended:
            with self._idle:
                now = time.monotonic()
                while self._later and self._later[0][0] <= now:
                    event_delivery = heapq.heappop(self._later)[2]
                    self._queues[event_delivery.queue_number].put(event_delivery)
                self._idle.wait(self._later[0][0] - now if self._later else 60)

    def _record_attempt(self, event_delivery: _PendingEvent, response: signed_requests.PortalResponse) -> None:
        event = event_delivery.payload["event"]
        kind = event.get("subtype") if event["type"] == "message" and event.get("subtype") else event["type"]
        self.log.append(
            DeliveryAttempt(
                event_delivery.payload["event_id"],
                kind,
                event_delivery.url,
                event_delivery.number,
                response.status,
                response.reason,
                event_delivery.payload,
            )
        )
