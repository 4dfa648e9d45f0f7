"""Ends a portal in order in a process of its own, and prints what its server would have met."""

import asyncio
import os
import signal
import socket
from types import SimpleNamespace

from helpdesk import asgi
from tests import timeouts


async def serve() -> None:
    """Accept one connection, get SIGTERM, and look whether more would be accepted when the server closes what it has."""
    loop, events, ended = asyncio.get_running_loop(), [], asyncio.Event()
    portal = asgi.PortalASGI(lambda environ, start_response: [], SimpleNamespace(WEB_THREADS=1))
    portal.drain_seconds = asgi.LAST_REQUESTS_SECONDS = 0.05

    async def accept(_reader, writer) -> None:
        events.append("accepted")
        writer.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def close_connections(_number, _frame) -> None:
            events.append("still accepting" if loop.remove_reader(listening.fileno()) else "closed")
            ended.set()

        signal.signal(signal.SIGTERM, close_connections)
        server = await asyncio.start_server(accept, sock=listening)
        portal.listeners = [listening.fileno()]
        portal._end_in_order()
        _, writer = await asyncio.open_connection(*listening.getsockname())
        writer.close()
        while not events:
            await asyncio.sleep(0)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(ended.wait(), timeouts.LIMIT)
        server.close()
    print(*events)


if __name__ == "__main__":
    asyncio.run(serve())
