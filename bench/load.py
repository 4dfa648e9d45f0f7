"""Measures everything over many tickets, on PostgreSQL.

The loop through Slack, the memory of each process, pages for eight people at once beside the baseline of the same
minute, and thousands of open pages.
"""

import argparse
import re
import secrets
import threading
import time
from dataclasses import dataclass

import psutil

from bench import end_to_end, http_client, live, pages, processes, report
from bench.environment import BenchEnvironment
from helpdesk.demo import personas

BUDGET_MILLISECONDS = 200  # at p95, for a page
WEB_PROCESSES = 2
LONG_TICKET_MESSAGES = 100  # messages of the longest ticket


@dataclass
class Requests:
    """The seconds that each request took, and milliseconds of processor time of a request."""

    times: list[float]
    web_milliseconds: float
    database_milliseconds: float


def main() -> None:
    """Load, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="postgresql")
    parser.add_argument("--tickets", type=int, default=20_000)
    parser.add_argument("--organizations", type=int, default=200)
    parser.add_argument("--people", type=int, default=8, help="how many ask at once")
    parser.add_argument("--seconds", type=float, default=4, help="for each page")
    parser.add_argument("--streams", type=int, default=2000, help="open pages on one process; 0 for none")
    parser.add_argument("--turns", type=int, default=20, help="of the loop through Slack; 0 for none")
    arguments = parser.parse_args()
    with BenchEnvironment(
        arguments.database,
        web_processes=WEB_PROCESSES,
        workers=0,
        with_limits=False,
        LIVE_STREAMS=max(arguments.streams, 100),
    ) as environment:
        environment.start()
        print(report.describe_versions())
        print(seed_tickets(environment, arguments))
        what = f"{arguments.tickets:,} tickets on {arguments.database}"
        if arguments.turns:  # first, while the workspace's own lists are short
            environment.start_worker(0)
            environment.start_worker(1)
            processes.wait_for(
                lambda: not count_pending_deliveries(environment), "the end of the pending deliveries", 600, 1
            )
            rows = end_to_end.measure(environment, arguments.turns)
            report.print_table(
                f"The loop over {what}, {arguments.turns} times, in ms", ("what", "p50", "p95", "worst"), rows
            )
        report.print_table(f"Memory over {what}", ("process", "MB", "of its own MB"), measure_memory(environment))
        for name in [name for name in environment.children if name.startswith("worker")]:
            environment.stop_process(name)
        header = ("page", "a second", "p50 ms", "p95 ms", "web CPU ms", "database", "of its baseline's rate", "")
        report.print_table(f"{what}, {arguments.people} people at once", header, measure(environment, arguments))
        if arguments.streams:
            environment.restart_web(process_count=1)
            rows = live.measure(environment, arguments.streams)
            report.print_table(f"{arguments.streams:,} open pages on one process over {what}", ("what", "value"), rows)


def seed_tickets(environment: BenchEnvironment, arguments: argparse.Namespace) -> str:
    """Make the tickets; a sentence about it."""
    from helpdesk.demo.seed import bulk_data
    from helpdesk.domain.administration import settings
    from helpdesk.extensions import db

    started_at = time.perf_counter()
    with environment.app.app_context():
        # Otherwise the workers would first warn everybody whose ticket was solved long ago.
        settings.set("close_after_days", 0)
        db.session.commit()
        made = bulk_data.seed_bulk_data(organizations=arguments.organizations, tickets=arguments.tickets, messages=4)
        _create_long_ticket(environment)
    return f"Made {made} in {time.perf_counter() - started_at:.0f} s."


def _create_long_ticket(environment: BenchEnvironment) -> None:
    """Give a ticket of the busiest organization ``LONG_TICKET_MESSAGES`` messages."""
    from helpdesk.domain import tickets
    from helpdesk.extensions import db
    from helpdesk.models.message import Message
    from helpdesk.models.ticket import Ticket

    _, _, short, _ = pages.find_busiest_customer(environment)
    ticket = db.session.get(Ticket, short)
    for number in range(LONG_TICKET_MESSAGES - db.session.query(Message).filter_by(ticket_id=short).count()):
        tickets.reply(ticket, author=ticket.requester, body=f"Message {number} of **many**, with some more text.")
    db.session.commit()


def measure(environment: BenchEnvironment, arguments: argparse.Namespace) -> list[tuple]:
    """Rows of (page, a second, p50, p95, processor time of web and PostgreSQL, share of its baseline's rate, whether it
    is within its budget).
    """
    baseline_address = pages.start_baseline(environment, process_count=WEB_PROCESSES).portal
    customer, organization, short, long = pages.find_busiest_customer(environment)
    agent = personas.AGENTS[2].email
    deep = get_later_page(environment.browser(customer), "/tickets", 20)
    deep_desk = get_later_page(environment.browser(agent), "/desk?view=all", 20)
    gets = [
        ("a customer's tickets", customer, "/tickets", "list"),
        ("twenty pages on", customer, deep, "list"),
        ("their search", customer, "/tickets?q=invoice", "list"),
        ("a ticket with five messages", customer, f"/tickets/{short}", "ticket"),
        (f"a ticket with {LONG_TICKET_MESSAGES} messages", customer, f"/tickets/{long}", "many"),
        ("the desk", agent, "/desk", "list"),
        ("the desk, all, twenty pages on", agent, deep_desk, "list"),
        ("the desk's search", agent, "/desk?q=scanner", "list"),
    ]
    baselines = {}
    for key, path in (("list", f"/list/{organization}"), ("ticket", f"/ticket/{short}"), ("many", f"/ticket/{long}")):
        baselines[key] = measure_concurrent(
            environment,
            [http_client.HttpClient(baseline_address, "none=none") for _ in range(arguments.people)],
            path,
            arguments.seconds,
            process="baseline",
        )
    rows = [format_row(f"baseline: {key}", times, arguments, None) for key, times in baselines.items()]
    for name, email, path, against in gets:
        people = [environment.browser(email) for _ in range(arguments.people)]
        rows.append(
            format_row(
                name, measure_concurrent(environment, people, path, arguments.seconds), arguments, baselines[against]
            )
        )
    writers = [environment.browser(customer) for _ in range(arguments.people)]
    for person in writers:
        person.get("/tickets/new?form=default")  # for its CSRF token; each form's own token a browser may make itself
    filing = measure_concurrent(
        environment,
        writers,
        lambda person, turn: person.file(f"Load {turn}", "Measured.", secrets.token_hex(16)),
        arguments.seconds,
    )
    rows.append(format_row("filing", filing, arguments, baselines["list"]))
    theirs = dict(zip(writers, list_unsolved_tickets(environment, organization, arguments.people), strict=True))
    replying = measure_concurrent(
        environment,
        writers,
        lambda person, turn: person.reply(theirs[person], f"Reply {turn}.", secrets.token_hex(16)),
        arguments.seconds,
    )
    rows.append(format_row("replying, each on their own ticket", replying, arguments, baselines["ticket"]))
    return rows


def list_unsolved_tickets(environment: BenchEnvironment, organization: int, count: int) -> list[int]:
    """That many tickets of ``organization`` that take replies."""
    from sqlalchemy import select

    from helpdesk.extensions import db
    from helpdesk.models.ticket import Ticket

    with environment.app.app_context():
        mine = select(Ticket.id).where(
            Ticket.organization_id == organization, Ticket.status.in_(("open", "in_progress"))
        )
        found = db.session.scalars(mine.order_by(Ticket.id.desc()).limit(count)).all()
        db.session.remove()
    return found


def format_row(name: str, found: Requests, arguments: argparse.Namespace, baseline: Requests | None) -> tuple:
    """One line of the table. The share is 1 for a page as quick as its baseline, smaller for a slower one."""
    p50, p95 = (1000 * report.percentile(found.times, share) for share in (0.5, 0.95))
    return (
        name,
        f"{len(found.times) / arguments.seconds:.0f}",
        f"{p50:.0f}",
        f"{p95:.0f}",
        f"{found.web_milliseconds:.1f}",
        f"{found.database_milliseconds:.1f}",
        f"1/{len(baseline.times) / len(found.times):.1f}" if baseline else "",
        "" if p95 <= BUDGET_MILLISECONDS else f"over {BUDGET_MILLISECONDS} ms",
    )


def count_pending_deliveries(environment: BenchEnvironment) -> int:
    """How many deliveries are not finished."""
    from sqlalchemy import func, select

    from helpdesk.extensions import db
    from helpdesk.models.delivery import Delivery

    with environment.app.app_context():
        left = db.session.scalar(select(func.count()).where(Delivery.state.not_in(("sent", "cancelled"))))
        db.session.remove()
    return left


def measure_memory(environment: BenchEnvironment) -> list[tuple]:
    """Rows of (process, resident MB, MB that no other process shares)."""
    rows = []
    for name in environment.children:
        if name == "web" or name.startswith("worker"):
            for pid in environment.list_child_pids(name):
                held = psutil.Process(pid).memory_full_info()
                rows.append((name, f"{held.rss / 2**20:.0f}", f"{held.uss / 2**20:.0f}"))
    return rows


def measure_concurrent(
    environment: BenchEnvironment, people: list[http_client.HttpClient], what, seconds: float, process: str = "web"
) -> Requests:
    """Let all ``people`` request ``what`` (a path or a function) of ``process`` at once for so long."""
    do = what if callable(what) else lambda person, turn: person.get(what)
    times: list[float] = []
    wrong: list[int] = []
    do(people[0], "first")
    web, database = environment.list_child_pids(process), environment.postgres
    before = processes.cpu_seconds(web), processes.server_cpu_seconds(database.pid) if database else 0.0
    until = time.monotonic() + seconds

    def send_requests(place: int, person: http_client.HttpClient) -> None:
        turn = 0
        while time.monotonic() < until:
            turn += 1
            started_at = time.perf_counter()
            response = do(person, f"{place}-{turn}")
            times.append(time.perf_counter() - started_at)
            if response.status not in (200, 302, 303):
                wrong.append(response.status)

    threads = [threading.Thread(target=send_requests, args=each) for each in enumerate(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise SystemExit(f"{what} answered {sorted(set(wrong))} to {len(wrong)} of {len(times)}.")
    after = processes.cpu_seconds(web), processes.server_cpu_seconds(database.pid) if database else 0.0
    return Requests(times, *(1000 * (end - start) / len(times) for start, end in zip(before, after, strict=True)))


def get_later_page(person: http_client.HttpClient, path: str, pages_on: int) -> str:
    """The path ``pages_on`` pages after ``path``, or of the last page."""
    for _ in range(pages_on):
        found = re.search(
            r'href="([^"]*after=[^"]*)"[^>]*rel="next"|rel="next"[^>]*href="([^"]*after=[^"]*)"', person.get(path).text
        )
        if not found:
            break
        path = (found[1] or found[2]).replace("&amp;", "&")
    return path


if __name__ == "__main__":
    main()
