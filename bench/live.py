"""Idle live streams on one process: how many it carries, what each costs, and how soon all of them hear of a change."""

import argparse
import selectors
import socket
import statistics
import time

import psutil
import redis

from bench import stand
from helpdesk.after_commit import CHANGED

LASTS = 30.0  # seconds; a stream ends by itself soon after


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=1000)
    chosen = parser.parse_args()
    threads = {"WEB_THREADS": chosen.streams + 100, "LIVE_STREAMS": chosen.streams}
    with stand.Stand(workers=0, outside=False, **threads) as it:
        it.start()
        rows = measure(it, chosen.streams)
    print(stand.version_line())
    stand.table(f"{chosen.streams} idle streams on one process", ("what", "value"), rows)


def measure(it: stand.Stand, count: int) -> list[tuple]:
    """Rows of (what, value)."""
    dana = it.browser("dana@globex.example")
    dana.get("/tickets")
    pid = it.web_pids()[0]
    process = psutil.Process(pid)
    opened = {share: open_streams(it, dana.cookie, share) for share in (10,)}[10]
    memory, began = process.memory_info().rss, time.perf_counter()
    streams = opened + open_streams(it, dana.cookie, count - len(opened))
    opening = time.perf_counter() - began
    time.sleep(1)
    grown = process.memory_info().rss - memory
    refused = dana.get("/tickets/live").status
    cpu = stand.cpu_seconds([pid])
    time.sleep(5)
    idle = (stand.cpu_seconds([pid]) - cpu) / 5
    doorbell = redis.Redis.from_url(it.environment["REDIS_URL"])
    alone = [told(doorbell, streams, nobody=True) for _ in range(2)]
    all_heard = [told(doorbell, streams) for _ in range(3)]
    page = [1000 * dana.get("/tickets").took for _ in range(20)]
    for stream in streams:
        stream.close()
    first = 1000 * statistics.median(min(times) for times in all_heard)
    half = 1000 * statistics.median(stand.percentile(times, 0.5) for times in all_heard)
    last = 1000 * statistics.median(max(times) for times in all_heard)
    return [
        ("memory of the process without streams", f"{memory / 2**20:.0f} MB"),
        ("memory per stream", f"{grown / (len(streams) - 10) / 1024:.0f} KB"),
        ("opening all of them", f"{opening:.1f} s"),
        ("the one too many", f"{refused} (told to poll)"),
        ("processor while they idle", f"{100 * idle:.1f} %"),
        ("heard of a change nobody follows", sum(map(len, alone))),
        ("one change, the first to hear", f"{first:.1f} ms"),
        ("one change, half of them", f"{half:.0f} ms"),
        ("one change, the last of them", f"{last:.0f} ms"),
        ("a page meanwhile, p50", f"{stand.percentile(page, 0.5):.0f} ms"),
    ]


def open_streams(it: stand.Stand, cookie: str, count: int) -> list[socket.socket]:
    """Streams that have said hello."""
    request = f"GET /tickets/live HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\nAccept: text/event-stream\r\n\r\n".encode()
    streams = []
    for start in range(0, count, 50):
        batch = [
            socket.create_connection(("127.0.0.1", it.ports["portal"]), timeout=LASTS)
            for _ in range(min(50, count - start))
        ]
        for stream in batch:
            stream.sendall(request)
        for stream in batch:
            heard = b""
            while b"data: hello\n\n" not in heard:
                more = stream.recv(4096)
                if not more:
                    raise SystemExit("A stream was refused: " + heard.decode(errors="replace")[:200])
                heard += more
        streams += batch
    time.sleep(0.3)
    return streams


def told(doorbell: redis.Redis, streams: list[socket.socket], nobody: bool = False) -> list[float]:
    """Seconds from one "changed" until each stream has heard it."""
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            stream.setblocking(False)
            while True:
                try:
                    if not stream.recv(4096):
                        break
                except BlockingIOError:
                    break
            selector.register(stream, selectors.EVENT_READ)
        began = time.perf_counter()
        doorbell.publish(CHANGED, "ticket:0" if nobody else "organization:1")
        took: list[float] = []
        deadline = began + (1 if nobody else 10)
        while len(took) < len(streams) and time.perf_counter() < deadline:
            for key, _ in selector.select(0.2):
                if b"changed" in key.fileobj.recv(4096):
                    took.append(time.perf_counter() - began)
                    selector.unregister(key.fileobj)
        for stream in streams:
            stream.setblocking(True)
    if not nobody and len(took) < len(streams):
        raise SystemExit(f"Only {len(took)} of {len(streams)} streams heard of the change.")
    return took


if __name__ == "__main__":
    main()
