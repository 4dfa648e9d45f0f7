"""Measures deliveries a second: claim, send and record each, with different numbers of workers.

Against a Slack that answers at once, which shows the outbox's own cost, and against one as slow as the real one.
"""

import argparse
import itertools
import socketserver
import threading
import time
from http.server import BaseHTTPRequestHandler

from sqlalchemy import func, select

from bench import processes, report
from bench.environment import BenchEnvironment

THREAD_COUNT = 200  # deliveries are spread over so many threads; each thread is delivered in order


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--count", type=int, default=1000, help="deliveries in each run")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4], help="processes")
    parser.add_argument("--latencies", type=float, nargs="+", default=[0.0, 0.15], help="seconds until Slack answers")
    arguments = parser.parse_args()
    rows = []
    with (
        SlackStub() as slack,
        BenchEnvironment(
            arguments.database, workers=0, with_external_services=False, SLACK_API_URL=f"{slack.address}/api/"
        ) as environment,
    ):
        environment.start()
        threads = create_threads(environment)
        for slack.latency, workers in itertools.product(arguments.latencies, arguments.workers):
            elapsed, *cpu = measure_run(environment, threads, arguments.count, workers)
            latency = f"{1000 * slack.latency:.0f} ms" if slack.latency else "at once"
            milliseconds = [f"{1000 * each / arguments.count:.1f}" for each in cpu]
            rows.append((f"{workers}", latency, f"{arguments.count / elapsed:.0f}", *milliseconds))
        posted = slack.posted
    if posted != len(rows) * arguments.count:
        raise SystemExit(f"{posted} messages arrived at Slack instead of {len(rows) * arguments.count}.")
    print(report.describe_versions())
    report.print_table(
        f"Deliveries on {arguments.database}",
        ("workers", "Slack answers", "a second", "worker ms each", "PostgreSQL ms each"),
        rows,
    )


def create_threads(environment: BenchEnvironment) -> list[tuple[int, int]]:
    """Create threads that already have a card in Slack; (thread id, message id) of each."""
    from helpdesk.demo.seed import bulk_data
    from helpdesk.extensions import db
    from helpdesk.models.channel import Channel
    from helpdesk.models.message import Message
    from helpdesk.models.thread import Thread

    with environment.app.app_context():
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
    environment: BenchEnvironment, threads: list[tuple[int, int]], count: int, workers: int
) -> tuple[float, float, float]:
    """Seconds in which ``workers`` deliver ``count`` rows that are due when they start, and the processor seconds.

    These are the workers' and PostgreSQL's, which has also been asked ten times a second how many are left.
    """
    from helpdesk import clock
    from helpdesk.extensions import db
    from helpdesk.models.delivery import Delivery

    with environment.app.app_context():
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
            environment.start_worker(number)

        def count_unsent() -> int:
            left = db.session.scalar(select(func.count()).where(Delivery.state != "sent", Delivery.kind == "message"))
            db.session.rollback()
            return left

        processes.wait_for(lambda: count_unsent() < count, "the first delivery", 60, 0.05)
        pids = [pid for number in range(workers) for pid in environment.list_child_pids(f"worker-{number}")]
        postgres = [environment.postgres.pid] if environment.postgres else []
        database = sum(map(processes.server_cpu_seconds, postgres))
        left, started_at, cpu = count_unsent(), time.perf_counter(), processes.cpu_seconds(pids)
        processes.wait_for(lambda: not count_unsent(), "the last delivery", 300, 0.1)
        elapsed = (time.perf_counter() - started_at) * count / max(1, left)
        cpu = (processes.cpu_seconds(pids) - cpu) * count / max(1, left)
        database = (sum(map(processes.server_cpu_seconds, postgres)) - database) * count / max(1, left)
        db.session.remove()
    for number in range(workers):
        environment.stop_process(f"worker-{number}")
    return elapsed, cpu, database


class SlackStub:
    """Answers ok to every call after ``latency`` seconds, on persistent connections."""

    def __enter__(self) -> "SlackStub":
        self.posted = 0
        self.latency = 0.0
        numbers, counting = itertools.count(1), threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                time.sleep(outer.latency)
                with counting:
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
