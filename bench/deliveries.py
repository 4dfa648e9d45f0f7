"""Deliveries a second: the outbox's whole road for each (claim, send, write down), and how it grows with workers.

Against a Slack that answers at once, which is the road's own cost, and against one that takes its time as the real one does.
"""

import argparse
import itertools
import socketserver
import threading
import time
from http.server import BaseHTTPRequestHandler

from sqlalchemy import func, select

from bench import environment

THREAD_COUNT = 200  # tickets whose threads take turns; order holds within each


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--count", type=int, default=1000, help="deliveries in each run")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4], help="processes")
    parser.add_argument("--latencies", type=float, nargs="+", default=[0.0, 0.15], help="seconds until Slack answers")
    chosen = parser.parse_args()
    rows = []
    with (
        SlackStub() as slack,
        environment.BenchEnvironment(
            chosen.database, workers=0, outside=False, SLACK_API_URL=f"{slack.address}/api/"
        ) as it,
    ):
        it.start()
        threads = create_threads(it)
        for slack.latency, workers in itertools.product(chosen.latencies, chosen.workers):
            took, cpu = measure_run(it, threads, chosen.count, workers)
            answer = f"{1000 * slack.latency:.0f} ms" if slack.latency else "at once"
            rows.append((f"{workers}", answer, f"{chosen.count / took:.0f}", f"{1000 * cpu / chosen.count:.1f}"))
        posted = slack.posted
    if posted != len(rows) * chosen.count:
        raise SystemExit(f"{posted} messages arrived at Slack instead of {len(rows) * chosen.count}.")
    print(environment.describe_versions())
    environment.print_table(
        f"Deliveries on {chosen.database}", ("workers", "Slack answers", "a second", "CPU ms each"), rows
    )


def create_threads(it: environment.BenchEnvironment) -> list[tuple[int, int]]:
    """(thread id, message id) of threads that stand in Slack already."""
    from helpdesk.demo.seed import bulk_data
    from helpdesk.extensions import db
    from helpdesk.models.channel import Channel, Thread
    from helpdesk.models.ticket import Message

    with it.app.app_context():
        bulk_data.seed_bulk_data(organizations=3, tickets=THREAD_COUNT, messages=4)
        triage = db.session.scalar(select(Channel).where(Channel.audience == "team"))
        query = select(func.min(Message.id), Message.ticket_id, Message.organization_id).group_by(
            Message.ticket_id, Message.organization_id
        )
        made = []
        for message_id, ticket_id, organization_id in db.session.execute(
            query.order_by(Message.ticket_id.desc()).limit(THREAD_COUNT)
        ).all():
            thread = Thread(
                ticket_id=ticket_id,
                organization_id=organization_id,
                channel=triage,
                external_id=f"1700000000.{ticket_id:06d}",
            )
            db.session.add(thread)
            db.session.flush()
            made.append((thread.id, message_id))
        db.session.commit()
        db.session.remove()
    return made


def measure_run(
    it: environment.BenchEnvironment, threads: list[tuple[int, int]], count: int, workers: int
) -> tuple[float, float]:
    """Seconds in which ``workers`` deliver ``count`` rows that wait when they start, and the processor's seconds in them."""
    from helpdesk import clock
    from helpdesk.extensions import db
    from helpdesk.models.delivery import Delivery

    with it.app.app_context():
        now, parts = clock.now(), itertools.count(int(time.time()) % 1_000_000_000)
        for (thread_id, message_id), part in zip(
            itertools.islice(itertools.cycle(threads), count), parts, strict=False
        ):
            db.session.add(
                Delivery(
                    thread_id=thread_id,
                    message_id=message_id,
                    kind="message",
                    part=part,
                    due_at=now,
                    data={"text": f"Part {part}."},
                )
            )
        db.session.commit()
        for number in range(workers):
            it.start_worker(number)

        def waiting() -> int:
            left = db.session.scalar(select(func.count()).where(Delivery.state != "sent", Delivery.kind == "message"))
            db.session.rollback()
            return left

        environment.wait_for(lambda: waiting() < count, "the first delivery", 60, 0.05)
        pids = [pid for number in range(workers) for pid in it.pids(f"worker-{number}")]
        left, began, cpu = waiting(), time.perf_counter(), environment.cpu_seconds(pids)
        environment.wait_for(lambda: not waiting(), "the last delivery", 300, 0.1)
        took = (time.perf_counter() - began) * count / max(1, left)
        cpu = (environment.cpu_seconds(pids) - cpu) * count / max(1, left)
        db.session.remove()
    for number in range(workers):
        it.end(f"worker-{number}")
    return took, cpu


class SlackStub:
    """Says ok to everything at once, on kept connections."""

    def __enter__(self) -> "SlackStub":
        self.posted = 0
        self.latency = 0.0
        numbers = itertools.count(1)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                time.sleep(outer.latency)
                outer.posted += self.path.endswith("chat.postMessage")
                body = b'{"ok": true, "channel": "C0TRIAGE001", "ts": "1800000000.%06d"}' % next(numbers)
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.server.server_close()


if __name__ == "__main__":
    main()
