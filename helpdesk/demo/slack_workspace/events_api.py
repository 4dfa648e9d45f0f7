"""The Events API: every event leaves as a signed request, is retried as Slack retries, and is remembered in a log."""

import collections
import heapq
import itertools
import json
import queue
import random
import threading
import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpdesk.demo import personas
from helpdesk.demo.slack_workspace import ids, signed_requests

if TYPE_CHECKING:
    from helpdesk.demo.slack_workspace.state import ChannelState
    from helpdesk.demo.slack_workspace.workspace import Workspace

WORKER_COUNT = 8


@dataclass(frozen=True)
class DeliveryAttempt:
    """One request that was tried. `number` is 0 for the first; `status` is 0 when nothing answered."""

    event_id: str
    kind: str
    url: str
    number: int
    status: int
    reason: str
    body: dict


@dataclass
class _PendingEvent:
    lane: int
    payload: dict
    number: int = 0
    reason: str = ""


class EventDelivery:
    """Sends events in order per channel, a few channels at once, so that one slow answer does not hold up the rest."""

    def __init__(self, ws: "Workspace", url: str | None, retry_delays: tuple[float, ...], timeout: float):
        self.url, self.retry_delays, self.timeout = url, retry_delays, timeout
        self.log: collections.deque[DeliveryAttempt] = collections.deque(maxlen=20_000)
        self.sent = self.failed = 0
        self._ws = ws
        self._lanes: list[queue.SimpleQueue] = [queue.SimpleQueue() for _ in range(WORKER_COUNT)]
        self._later: list[tuple[float, int, _PendingEvent]] = []
        self._order = itertools.count()
        self._open = 0
        self._idle = threading.Condition()
        self._started = False
        self.faults(0, 0, 0)

    def faults(
        self, doubled: float = 0, reordered: float = 0, lost: float = 0, seed: int = 0, hold: float = 1.0
    ) -> None:
        """From now on double, hold back for `hold` seconds, or lose events with these probabilities."""
        self._doubled, self._reordered, self._lost, self._hold = doubled, reordered, lost, hold
        self._dice = random.Random(seed)

    def announce(self, channel: "ChannelState | None", event: dict) -> None:
        """Send an event, if the app is where it happened.

        It gains channel, channel_type and event_ts where Slack has them.
        """
        if channel is not None and personas.BOT_USER_ID not in channel.members:
            return
        if event["type"] in ("message", "app_mention"):
            event = {**event, "channel": channel.id, "event_ts": event["ts"]}
            if event["type"] == "message":
                event["channel_type"] = channel.kind
        elif "event_ts" not in event:
            event["event_ts"] = ids.next_timestamp()
        place = channel.id if channel is not None else event.get("user", "")
        self._post(_PendingEvent(zlib.crc32(place.encode()) % WORKER_COUNT, self._wrap(event, channel)))

    def settle(self, timeout: float = 5.0) -> bool:
        """Wait until every event was answered or given up. False when `timeout` seconds did not suffice."""
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
            "context_enterprise_id": None,
            "api_app_id": personas.APP_ID,
            "event": event,
            "type": "event_callback",
            "event_id": ids.create_id("Ev"),
            "event_time": int(time.time()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": personas.TEAM_ID,
                    "user_id": personas.BOT_USER_ID,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": bool(channel is not None and channel.shared_with),
            "event_context": "4-" + ids.create_id("EC"),
        }

    def _post(self, parcel: _PendingEvent) -> None:
        if self._lost and self._dice.random() < self._lost:
            self._note(parcel, signed_requests.PortalResponse(0, "lost"))
            return
        copies = 2 if self._doubled and self._dice.random() < self._doubled else 1
        held = self._reordered and self._dice.random() < self._reordered
        if not self.url and not self._ws.sockets.any():
            self._note(parcel, signed_requests.PortalResponse(0, "no_url"))
            return
        for _ in range(copies):
            with self._idle:
                self._open += 1
                self._start()
                if held:
                    heapq.heappush(self._later, (time.monotonic() + self._hold, next(self._order), parcel))
                    self._idle.notify_all()
            if not held:
                self._lanes[parcel.lane].put(parcel)

    def _start(self) -> None:
        if self._started:
            return
        self._started = True
        threading.Thread(target=self._clock, daemon=True, name="slack-event-clock").start()
        for lane in self._lanes:
            threading.Thread(target=self._run, args=(lane,), daemon=True, name="slack-events").start()

    def _run(self, lane: queue.SimpleQueue) -> None:
        while True:
            self._send(lane.get())

    def _send(self, parcel: _PendingEvent) -> None:
        body = json.dumps(parcel.payload).encode()
        extra = (
            {"X-Slack-Retry-Num": str(parcel.number), "X-Slack-Retry-Reason": parcel.reason} if parcel.number else None
        )
        if self._ws.sockets.any():
            retry = {"retry_attempt": parcel.number, "retry_reason": parcel.reason}
            answer = self._ws.sockets.deliver("events_api", parcel.payload, self.timeout, retry)
        else:
            secret = self._ws.signing_secret
            answer = signed_requests.post_signed(self.url or "", body, "application/json", secret, self.timeout, extra)
        self._note(parcel, answer)
        with self._idle:
            if not answer.ok and not answer.no_retry and parcel.number < len(self.retry_delays):
                again = _PendingEvent(parcel.lane, parcel.payload, parcel.number + 1, answer.reason)
                due = time.monotonic() + self.retry_delays[parcel.number]
                heapq.heappush(self._later, (due, next(self._order), again))
            else:
                self.sent += answer.ok
                self.failed += not answer.ok
                self._open -= 1
            self._idle.notify_all()

    def _clock(self) -> None:
        while True:
            with self._idle:
                now = time.monotonic()
                while self._later and self._later[0][0] <= now:
                    parcel = heapq.heappop(self._later)[2]
                    self._lanes[parcel.lane].put(parcel)
                self._idle.wait(self._later[0][0] - now if self._later else 60)

    def _note(self, parcel: _PendingEvent, answer: signed_requests.PortalResponse) -> None:
        event = parcel.payload["event"]
        kind = event.get("subtype") if event["type"] == "message" and event.get("subtype") else event["type"]
        self.log.append(
            DeliveryAttempt(
                parcel.payload["event_id"],
                kind,
                self.url or "",
                parcel.number,
                answer.status,
                answer.reason,
                parcel.payload,
            )
        )
