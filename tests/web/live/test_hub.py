"""What the hub sends to which stream, and when a stream ends."""

import asyncio

import pytest

from helpdesk.web.live import hub as hub_module
from helpdesk.web.live import stream as stream_module
from helpdesk.web.live.hub import SseHub
from helpdesk.web.live.stream import COMMENT, MAX_NAMES, SseResponse
from tests import async_helpers, timeouts

START = {"type": "http.response.start", "status": 200, "headers": []}
HELLO = "event: changed\ndata: everything\n\n"


class Client:
    """One stream of ``hub`` and the client at its other end. ``is_deaf``: it never reads, so nothing can be sent."""

    def __init__(self, hub: SseHub, *topics: str, is_deaf: bool = False) -> None:
        self.subscription = hub.subscribe(topics)
        self.is_deaf = is_deaf
        self.heard: list[str] = []
        self.is_complete = False
        self._has_left = asyncio.Event()
        self._news = asyncio.Event()
        self.task = asyncio.create_task(self._run(hub))

    async def _run(self, hub: SseHub) -> None:
        try:
            await SseResponse(START, self.subscription)(self._receive, self._send)
        finally:
            hub.unsubscribe(self.subscription)

    async def _receive(self) -> dict:
        await self._has_left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict) -> None:
        if message["type"] == "http.response.body":
            if self.is_deaf and self.heard:
                await asyncio.Event().wait()
            self.heard.append(message["body"].decode())
            self.is_complete = not message["more_body"]
            self._news.set()

    def leave(self) -> None:
        self._has_left.set()

    async def hear(self) -> str:
        """The next piece; its start is the greeting."""
        async with asyncio.timeout(timeouts.LIMIT):
            while not self.heard:
                self._news.clear()
                await self._news.wait()
        return self.heard.pop(0)

    async def ends(self) -> None:
        async with asyncio.timeout(timeouts.LIMIT):
            await self.task


async def greeted(hub: SseHub, *topics: str) -> Client:
    client = Client(hub, *topics)
    assert (await client.hear()).endswith(HELLO)
    return client


def run(filed_ticket) -> None:
    """Run ``filed_ticket(hub)`` with a hub of three places."""

    async def main() -> None:
        await filed_ticket(SseHub(limit=3))

    async_helpers.run_in_thread(main())


def event(names: str) -> str:
    return f"event: changed\ndata: {names}\n\n"


@pytest.mark.parametrize(
    ("followed", "published", "received"),
    [
        ("ticket:1", "ticket:1", "ticket:1"),
        ("team", "team:ticket:1", "ticket:1"),
        ("team:ticket:1", "team:ticket:1", "ticket:1"),
        ("organization:2", "organization:2:ticket:1", "ticket:1"),
        ("requester:3", "requester:3:ticket:1", "ticket:1"),
        ("ticket:1", "ticket:1:messages", "messages:1"),
        ("team", "team:ticket:1:messages", "messages:1"),
        ("organization:2", "organization:2:ticket:1:messages", "messages:1"),
        ("team", "team:ticket:1:present", "present:1"),
        ("organization:2", "organization:2", "list"),
        ("desk", "desk", "list"),
    ],
)
def test_a_stream_hears_what_it_follows(followed, published, received):
    async def filed_ticket(hub):
        client = await greeted(hub, "user:1", followed)
        hub.publish([published])
        assert await client.hear() == event(received)

    run(filed_ticket)


@pytest.mark.parametrize(
    ("followed", "published"),
    [
        ("ticket:1", "ticket:11"),
        ("ticket:1", "team:ticket:1"),
        ("team:ticket:1", "team:ticket:11"),
        ("organization:2", "organization:22:ticket:1"),
        ("organization:2", "team:ticket:1"),
        ("requester:3", "organization:3:ticket:1"),
        ("team", "desk"),
    ],
)
def test_a_stream_hears_nothing_else(followed, published):
    async def filed_ticket(hub):
        client = await greeted(hub, followed)
        hub.publish([published])
        hub.publish([followed])
        assert (await client.hear()).count("ticket:") == ("ticket:" in followed)
        assert client.heard == []

    run(filed_ticket)


def test_several_changes_at_once_are_one_event():
    async def filed_ticket(hub):
        client = await greeted(hub, "team", "desk")
        hub.publish(["team:ticket:2", "desk"])
        hub.publish(["team:ticket:1"])
        hub.publish(["team:ticket:2"])
        assert await client.hear() == event("list ticket:1 ticket:2")

    run(filed_ticket)


def test_very_many_changes_are_sent_as_everything():
    async def filed_ticket(hub):
        client = await greeted(hub, "team")
        hub.publish([f"team:ticket:{number}" for number in range(MAX_NAMES + 1)])
        assert await client.hear() == event("everything")

    run(filed_ticket)


def test_a_change_before_the_greeting_is_not_missed():
    async def filed_ticket(hub):
        client = Client(hub, "ticket:1")
        hub.publish(["ticket:1"])
        assert (await client.hear()).endswith(HELLO)
        assert await client.hear() == event("ticket:1")

    run(filed_ticket)


def test_a_change_of_rights_ends_that_persons_streams():
    async def filed_ticket(hub):
        client, other = await greeted(hub, "user:1", "team"), await greeted(hub, "user:11", "team")
        hub.publish(["user:1"])
        await client.ends()
        assert client.is_complete
        assert len(hub) == 1 and not other.task.done()

    run(filed_ticket)


def test_a_stream_ends_in_time_and_has_heartbeats_until_then(monkeypatch):
    monkeypatch.setattr(stream_module, "LIFETIME", (3.5, 3.6))
    monkeypatch.setattr(hub_module, "HEARTBEAT_SECONDS", 1)

    async def filed_ticket(hub):
        beats = asyncio.create_task(hub.send_heartbeats())
        client = await greeted(hub, "ticket:1")
        assert await client.hear() == COMMENT.decode()
        await client.ends()
        assert client.is_complete and len(hub) == 0
        beats.cancel()

    run(filed_ticket)


def test_a_client_that_left_is_forgotten():
    async def filed_ticket(hub):
        client = await greeted(hub, "ticket:1")
        client.leave()
        await client.ends()
        assert not client.is_complete and len(hub) == 0

    run(filed_ticket)


def test_a_client_that_does_not_read_holds_up_nobody():
    async def filed_ticket(hub):
        deaf = Client(hub, "ticket:1", is_deaf=True)
        other = await greeted(hub, "ticket:1")
        for _ in range(3):
            hub.publish(["ticket:1"])
            assert await other.hear() == event("ticket:1")
        assert len(deaf.heard) == 1

    run(filed_ticket)


def test_there_are_so_many_places_and_again_one_when_a_stream_is_forgotten():
    async def filed_ticket(hub):
        places = [hub.subscribe(["desk"]) for _ in range(3)]
        assert hub.subscribe(["desk"]) is None
        hub.unsubscribe(places[0])
        hub.unsubscribe(places[0])
        assert hub.subscribe(["desk"]) is not None
        assert len(hub) == 3

    run(filed_ticket)


def test_a_closed_hub_ends_all_streams_and_takes_no_more():
    async def filed_ticket(hub):
        client = await greeted(hub, "ticket:1")
        hub.close()
        await client.ends()
        assert client.is_complete and hub.subscribe(["desk"]) is None

    run(filed_ticket)
