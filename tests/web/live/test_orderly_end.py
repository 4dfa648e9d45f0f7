"""A process that has to end accepts nothing more before its server closes the connections it has."""

import asyncio
import os
import signal
import socket

import pytest

from helpdesk import asgi
from tests import timeouts

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def servers_handler():
    """What the server does at SIGTERM: calls ``handle``, which a test sets."""

    class Handler:
        handle = None

        def __call__(self, number, frame) -> None:
            self.handle()

    handler, before = Handler(), signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, handler)
    yield handler
    signal.signal(signal.SIGTERM, before)


def test_nothing_is_accepted_any_more_when_the_server_closes_its_connections(
    app, configuration, servers_handler, monkeypatch
):
    monkeypatch.setattr(asgi, "LAST_REQUESTS_SECONDS", 0.05)
    portal = asgi.PortalASGI(app, configuration)
    portal.drain_seconds = 0.05
    interrupt = signal.getsignal(signal.SIGINT)

    async def serve() -> list[str]:
        loop, events, ended = asyncio.get_running_loop(), [], asyncio.Event()
        with socket.create_server(("127.0.0.1", 0)) as listening:

            async def accept(_reader, writer) -> None:
                events.append("accepted")
                writer.close()

            server = await asyncio.start_server(accept, sock=listening)
            portal.listeners = [listening.fileno()]
            portal._end_in_order()

            def handle() -> None:
                events.append("was accepting" if loop.remove_reader(listening.fileno()) else "closed")
                ended.set()

            servers_handler.handle = handle
            _, writer = await asyncio.open_connection(*listening.getsockname())
            writer.close()
            while not events:
                await asyncio.sleep(0)
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.wait_for(ended.wait(), timeouts.LIMIT)
            server.close()
        return events

    try:
        assert asyncio.run(serve()) == ["accepted", "closed"]
    finally:
        signal.signal(signal.SIGINT, interrupt)
