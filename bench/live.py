"""Measures idle live streams on one process: how many, their cost, how soon the last receives a change."""

import argparse
import selectors
import socket
import statistics
import time

import psutil
import redis

from bench import processes, report
from bench.environment import BenchEnvironment
from helpdesk.live_events import EVENTS_CHANNEL

TIMEOUT_SECONDS = 60.0  # for a stream to answer


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=4000)
    arguments = parser.parse_args()
    with BenchEnvironment(workers=0, with_external_services=False, LIVE_STREAMS=arguments.streams) as environment:
        environment.start()
        rows = measure(environment, arguments.streams)
    print(report.describe_versions())
    report.print_table(f"{arguments.streams} idle streams on one process", ("what", "value"), rows)


def measure(environment: BenchEnvironment, count: int) -> list[tuple]:
    """Open ``count`` live pages and return rows of (what was measured, value)."""
    dana = environment.browser("dana@globex.example")
    dana.get("/tickets")
    pid = environment.list_web_pids()[0]
    process = psutil.Process(pid)
    opened = open_streams(environment, dana.cookie, 10)
    memory, started_at = process.memory_info().rss, time.perf_counter()
    spent = processes.cpu_seconds([pid])
    streams = opened + open_streams(environment, dana.cookie, count - len(opened))
    opening, each = time.perf_counter() - started_at, (processes.cpu_seconds([pid]) - spent) / (count - len(opened))
    streams = replace_ended_streams(environment, dana.cookie, streams)
    grown = process.memory_info().rss - memory
    refused = dana.get("/live").status
    cpu = processes.cpu_seconds([pid])
    time.sleep(5)
    idle = (processes.cpu_seconds([pid]) - cpu) / 5
    redis_client = redis.Redis.from_url(environment.variables["REDIS_URL"])
    alone, delays = [], []
    for _ in range(3):
        streams = replace_ended_streams(environment, dana.cookie, streams)
        alone.append(measure_notification(redis_client, streams, nobody=True))
        delays.append(measure_notification(redis_client, streams))
    streams = replace_ended_streams(environment, dana.cookie, streams)
    page = [1000 * dana.get("/tickets").elapsed_seconds for _ in range(20)]
    for stream in streams:
        stream.close()
    first = 1000 * statistics.median(min(times) for times in delays)
    half = 1000 * statistics.median(report.percentile(times, 0.5) for times in delays)
    last = 1000 * statistics.median(max(times) for times in delays)
    return [
        ("memory of the process without streams", f"{memory / 2**20:.0f} MB"),
        ("memory per stream", f"{grown / (len(streams) - 10) / 1024:.0f} KB"),
        ("opening all of them", f"{opening:.1f} s"),
        ("processor for each opening", f"{1000 * each:.1f} ms"),
        ("status of one stream too many", f"{refused} (the page polls)"),
        ("processor while they idle", f"{100 * idle:.1f} %"),
        ("streams woken by a change nobody follows", sum(map(len, alone))),
        ("one change, the first to receive it", f"{first:.1f} ms"),
        ("one change, half of them", f"{half:.0f} ms"),
        ("one change, the last of them", f"{last:.0f} ms"),
        ("a page meanwhile, p50", f"{report.percentile(page, 0.5):.0f} ms"),
    ]


def open_streams(environment: BenchEnvironment, cookie: str, count: int) -> list[socket.socket]:
    """Open ``count`` streams and wait for the first event of each."""
    request = f"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\nAccept: text/event-stream\r\n\r\n".encode()
    streams = []
    for start in range(0, count, 50):
        batch = [
            socket.create_connection(("127.0.0.1", environment.ports["portal"]), timeout=TIMEOUT_SECONDS)
            for _ in range(min(50, count - start))
        ]
        for stream in batch:
            stream.sendall(request)
        for stream in batch:
            received = b""
            while b"data: everything\n\n" not in received:
                more = stream.recv(4096)
                if not more:
                    raise SystemExit("A stream was refused: " + received.decode(errors="replace")[:200])
                received += more
        streams += batch
    time.sleep(0.3)
    return streams


def replace_ended_streams(
    environment: BenchEnvironment, cookie: str, streams: list[socket.socket]
) -> list[socket.socket]:
    """``streams`` with a new one for each that has ended; the server ends each within a minute."""
    active = [stream for stream in streams if not has_ended(stream)]
    return active + open_streams(environment, cookie, len(streams) - len(active))


def has_ended(stream: socket.socket) -> bool:
    """Whether the server has closed it; what it has sent is discarded."""
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


def measure_notification(redis_client: redis.Redis, streams: list[socket.socket], nobody: bool = False) -> list[float]:
    """Seconds from one "changed" until each stream has received it, without those that end meanwhile."""
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            stream.setblocking(False)
            selector.register(stream, selectors.EVENT_READ)
        started_at = time.perf_counter()
        redis_client.publish(EVENTS_CHANNEL, "team:ticket:0" if nobody else "organization:1:ticket:1")
        elapsed: list[float] = []
        ended = 0
        deadline = started_at + (1 if nobody else 10)
        while len(elapsed) + ended < len(streams) and time.perf_counter() < deadline:
            for key, _ in selector.select(0.2):
                received = key.fileobj.recv(4096)
                if b"changed" in received:
                    elapsed.append(time.perf_counter() - started_at)
                ended += not received
                if b"changed" in received or not received:
                    selector.unregister(key.fileobj)
        for stream in streams:
            stream.setblocking(True)
    if not nobody and len(elapsed) + ended < len(streams):
        raise SystemExit(f"Only {len(elapsed)} of {len(streams) - ended} streams received the change.")
    return elapsed


if __name__ == "__main__":
    main()
