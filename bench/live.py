"""Idle live streams on one process: how many it carries, what each costs, and how soon the last hears of a change."""

import argparse
import selectors
import socket
import statistics
import time

import psutil
import redis

from bench import environment
from helpdesk.after_commit import CHANGED

TIMEOUT_SECONDS = 60.0  # seconds a stream is waited for at most


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=4000)
    chosen = parser.parse_args()
    with environment.BenchEnvironment(workers=0, outside=False, LIVE_STREAMS=chosen.streams) as it:
        it.start()
        rows = measure(it, chosen.streams)
    print(environment.describe_versions())
    environment.print_table(f"{chosen.streams} idle streams on one process", ("what", "value"), rows)


def measure(it: environment.BenchEnvironment, count: int) -> list[tuple]:
    """Rows of (what, value)."""
    dana = it.browser("dana@globex.example")
    dana.get("/tickets")
    pid = it.web_pids()[0]
    process = psutil.Process(pid)
    opened = open_streams(it, dana.cookie, 10)
    memory, began = process.memory_info().rss, time.perf_counter()
    spent = environment.cpu_seconds([pid])
    streams = opened + open_streams(it, dana.cookie, count - len(opened))
    opening, each = time.perf_counter() - began, (environment.cpu_seconds([pid]) - spent) / (count - len(opened))
    streams = replace_ended_streams(it, dana.cookie, streams)
    grown = process.memory_info().rss - memory
    refused = dana.get("/live").status
    cpu = environment.cpu_seconds([pid])
    time.sleep(5)
    idle = (environment.cpu_seconds([pid]) - cpu) / 5
    doorbell = redis.Redis.from_url(it.environment["REDIS_URL"])
    alone, all_heard = [], []
    for _ in range(3):
        streams = replace_ended_streams(it, dana.cookie, streams)
        alone.append(measure_notification(doorbell, streams, nobody=True))
        all_heard.append(measure_notification(doorbell, streams))
    streams = replace_ended_streams(it, dana.cookie, streams)
    page = [1000 * dana.get("/tickets").took for _ in range(20)]
    for stream in streams:
        stream.close()
    first = 1000 * statistics.median(min(times) for times in all_heard)
    half = 1000 * statistics.median(environment.percentile(times, 0.5) for times in all_heard)
    last = 1000 * statistics.median(max(times) for times in all_heard)
    return [
        ("memory of the process without streams", f"{memory / 2**20:.0f} MB"),
        ("memory per stream", f"{grown / (len(streams) - 10) / 1024:.0f} KB"),
        ("opening all of them", f"{opening:.1f} s"),
        ("processor for each opening", f"{1000 * each:.1f} ms"),
        ("the one too many", f"{refused} (told to poll)"),
        ("processor while they idle", f"{100 * idle:.1f} %"),
        ("heard of a change nobody follows", sum(map(len, alone))),
        ("one change, the first to hear", f"{first:.1f} ms"),
        ("one change, half of them", f"{half:.0f} ms"),
        ("one change, the last of them", f"{last:.0f} ms"),
        ("a page meanwhile, p50", f"{environment.percentile(page, 0.5):.0f} ms"),
    ]


def open_streams(it: environment.BenchEnvironment, cookie: str, count: int) -> list[socket.socket]:
    """Streams that have said hello."""
    request = f"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\nAccept: text/event-stream\r\n\r\n".encode()
    streams = []
    for start in range(0, count, 50):
        batch = [
            socket.create_connection(("127.0.0.1", it.ports["portal"]), timeout=TIMEOUT_SECONDS)
            for _ in range(min(50, count - start))
        ]
        for stream in batch:
            stream.sendall(request)
        for stream in batch:
            heard = b""
            while b"data: everything\n\n" not in heard:
                more = stream.recv(4096)
                if not more:
                    raise SystemExit("A stream was refused: " + heard.decode(errors="replace")[:200])
                heard += more
        streams += batch
    time.sleep(0.3)
    return streams


def replace_ended_streams(
    it: environment.BenchEnvironment, cookie: str, streams: list[socket.socket]
) -> list[socket.socket]:
    """``streams`` with a new one for each that has ended: they do so before a minute is over, and browsers then come back."""
    living = [stream for stream in streams if not has_ended(stream)]
    return living + open_streams(it, cookie, len(streams) - len(living))


def has_ended(stream: socket.socket) -> bool:
    """Whether the server has closed it; whatever else it has said is forgotten."""
    stream.setblocking(False)
    try:
        while stream.recv(4096):
            pass
    except BlockingIOError:
        stream.setblocking(True)
        return False
    except ConnectionError:
        pass
    stream.close()
    return True


def measure_notification(doorbell: redis.Redis, streams: list[socket.socket], nobody: bool = False) -> list[float]:
    """Seconds from one "changed" until each stream has heard it, without those that come to their end meanwhile."""
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            stream.setblocking(False)
            selector.register(stream, selectors.EVENT_READ)
        began = time.perf_counter()
        doorbell.publish(CHANGED, "team:ticket:0" if nobody else "organization:1:ticket:1")
        took: list[float] = []
        ended = 0
        deadline = began + (1 if nobody else 10)
        while len(took) + ended < len(streams) and time.perf_counter() < deadline:
            for key, _ in selector.select(0.2):
                heard = key.fileobj.recv(4096)
                if b"changed" in heard:
                    took.append(time.perf_counter() - began)
                ended += not heard
                if b"changed" in heard or not heard:
                    selector.unregister(key.fileobj)
        for stream in streams:
            stream.setblocking(True)
    if not nobody and len(took) + ended < len(streams):
        raise SystemExit(f"Only {len(took)} of {len(streams) - ended} streams heard of the change.")
    return took


if __name__ == "__main__":
    main()
