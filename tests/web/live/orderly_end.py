"""Serves a portal in a process of its own, ends it, and prints how those who connect meanwhile fare."""

import asyncio
import os
import signal
import socket
from collections import Counter
from types import SimpleNamespace

import uvicorn

from helpdesk import asgi

ASK = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
CLIENTS = 3
NO_REDIS = "redis://127.0.0.1:1/0"


class WatchedServer(uvicorn.Server):
    """Notes whether it would accept somebody when it has to close the connections that it has."""

    last = ""

    def handle_exit(self, number, frame) -> None:
        self.last = self.last or ("accepting" if connect(self.address) else "closed")
        super().handle_exit(number, frame)


def connect(address) -> socket.socket | None:
    """A connection to ``address``; None where it is refused. It blocks the loop, so the server does nothing else."""
    try:
        return socket.create_connection(address)
    except ConnectionRefusedError:
        return None


async def visit(server: WatchedServer, outcomes: Counter[str]) -> None:
    """Ask again and again, each time by a new connection, until one is refused or cut off."""
    while connection := connect(server.address):
        reader, writer = await asyncio.open_connection(sock=connection)
        writer.write(ASK)
        try:
            await reader.readuntil(b"\r\n\r\nok")
        except (OSError, asyncio.IncompleteReadError):
            outcomes["cut off"] += 1
            return
        outcomes["answered"] += 1
        writer.close()
        if outcomes["answered"] == 2 * CLIENTS:
            os.kill(os.getpid(), signal.SIGTERM)
    outcomes["refused"] += 1


def answer(_environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


async def serve() -> None:
    """Serve while CLIENTS visit; the first of them to have enough answers asks the process to end."""
    portal = asgi.PortalASGI(answer, SimpleNamespace(WEB_THREADS=1, LIVE_STREAMS=1, REDIS_URL=NO_REDIS))
    portal.drain_seconds = 0.05
    outcomes: Counter[str] = Counter()
    server = WatchedServer(uvicorn.Config(portal, loop="asyncio", http="h11", lifespan="on", log_level="error"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server.address = listening.getsockname()
        visits = [asyncio.create_task(visit(server, outcomes)) for _ in range(CLIENTS)]
        await server.serve(sockets=[listening])
        await asyncio.gather(*visits)
    print(*sorted(outcomes), server.last)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: None)  # the server raises it again when it has ended
    asyncio.run(serve())
