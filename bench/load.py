"""Everything over many tickets, on PostgreSQL: pages for eight people at once beside the floor of the same minute, then the
loop through Slack, thousands of open pages, and what each process holds in memory."""

import argparse
import re
import secrets
import threading
import time

import psutil

from bench import end_to_end, environment, http_client, live, pages
from helpdesk.demo import personas

BUDGET_MILLISECONDS = 200  # ms at p95 for a page
WEB_PROCESSES = 2  # processes
LONG_TICKET_MESSAGES = 100  # messages of the longest ticket


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
    chosen = parser.parse_args()
    with environment.BenchEnvironment(
        chosen.database, web_processes=WEB_PROCESSES, workers=0, LIVE_STREAMS=max(chosen.streams, 100)
    ) as it:
        it.start()
        print(environment.describe_versions())
        print(seed_tickets(it, chosen))
        what = f"{chosen.tickets:,} tickets on {chosen.database}"
        if chosen.turns:  # first, while the workspace's own lists are short
            it.start_worker(0)
            it.start_worker(1)
            environment.wait_for(
                lambda: not count_pending_deliveries(it), "the end of what was there to deliver", 600, 1
            )
            rows = end_to_end.measure(it, chosen.turns)
            environment.print_table(
                f"The loop over {what}, {chosen.turns} times, in ms", ("what", "p50", "p95", "worst"), rows
            )
        environment.print_table(f"Memory over {what}", ("process", "MB", "of its own MB"), measure_memory(it))
        for name in [name for name in it.children if name.startswith("worker")]:
            it.end(name)
        header = ("page", "a second", "p50 ms", "p95 ms", "of its floor's rate", "")
        environment.print_table(f"{what}, {chosen.people} people at once", header, measure(it, chosen))
        if chosen.streams:
            it.restart_web(processes=1)
            rows = live.measure(it, chosen.streams)
            environment.print_table(
                f"{chosen.streams:,} open pages on one process over {what}", ("what", "value"), rows
            )


def seed_tickets(it: environment.BenchEnvironment, chosen: argparse.Namespace) -> str:
    """Make the tickets; a sentence about it."""
    from helpdesk.demo.seed import bulk_data
    from helpdesk.domain.administration import settings
    from helpdesk.extensions import db

    began = time.perf_counter()
    with it.app.app_context():
        settings.set(
            "close_after_days", 0
        )  # or the workers would first warn everybody whose ticket was solved long ago
        db.session.commit()
        made = bulk_data.seed_bulk_data(organizations=chosen.organizations, tickets=chosen.tickets, messages=4)
        _create_long_ticket(it)
    return f"Made {made} in {time.perf_counter() - began:.0f} s."


def _create_long_ticket(it: environment.BenchEnvironment) -> None:
    """Make a ticket of the busiest organization one of MANY messages."""
    from helpdesk.domain import tickets
    from helpdesk.extensions import db
    from helpdesk.models.ticket import Message, Ticket

    _, _, short, _ = pages.find_busiest_customer(it)
    ticket = db.session.get(Ticket, short)
    for number in range(LONG_TICKET_MESSAGES - db.session.query(Message).filter_by(ticket_id=short).count()):
        tickets.reply(
            ticket, author=ticket.requester, body=f"Word {number} of **many**, and what else there is to say."
        )
    db.session.commit()


def measure(it: environment.BenchEnvironment, chosen: argparse.Namespace) -> list[tuple]:
    """Rows of (page, a second, p50, p95, share of its floor's rate, whether it keeps its budget)."""
    floor_address = pages.start_baseline(it, processes=WEB_PROCESSES).portal
    customer, organization, short, long = pages.find_busiest_customer(it)
    agent = personas.AGENTS[2].email
    deep = get_later_page(it.browser(customer), "/tickets", 20)
    deep_desk = get_later_page(it.browser(agent), "/desk?view=all", 20)
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
    floors = {}
    for key, path in (("list", f"/list/{organization}"), ("ticket", f"/ticket/{short}"), ("many", f"/ticket/{long}")):
        floors[key] = measure_concurrent(
            [http_client.HttpClient(floor_address, "none=none") for _ in range(chosen.people)], path, chosen.seconds
        )
    rows = [format_row(f"floor: {key}", times, chosen, None) for key, times in floors.items()]
    for name, email, path, against in gets:
        people = [it.browser(email) for _ in range(chosen.people)]
        rows.append(format_row(name, measure_concurrent(people, path, chosen.seconds), chosen, floors[against]))
    writers = [it.browser(customer) for _ in range(chosen.people)]
    for person in writers:
        person.get("/tickets/new?form=default")  # for its CSRF token; each form's own token a browser may make itself
    filing = measure_concurrent(
        writers, lambda person, turn: person.file(f"Load {turn}", "Measured.", secrets.token_hex(16)), chosen.seconds
    )
    rows.append(format_row("filing", filing, chosen, floors["list"]))
    theirs = dict(zip(writers, list_unsolved_tickets(it, organization, chosen.people), strict=True))
    replying = measure_concurrent(
        writers,
        lambda person, turn: person.reply(theirs[person], f"Reply {turn}.", secrets.token_hex(16)),
        chosen.seconds,
    )
    rows.append(format_row("replying, each on their own ticket", replying, chosen, floors["ticket"]))
    return rows


def list_unsolved_tickets(it: environment.BenchEnvironment, organization: int, count: int) -> list[int]:
    """That many tickets of ``organization`` that take replies."""
    from sqlalchemy import select

    from helpdesk.extensions import db
    from helpdesk.models.ticket import Ticket

    with it.app.app_context():
        mine = select(Ticket.id).where(
            Ticket.organization_id == organization, Ticket.status.in_(("open", "in_progress"))
        )
        found = db.session.scalars(mine.order_by(Ticket.id.desc()).limit(count)).all()
        db.session.remove()
    return found


def format_row(name: str, times: list[float], chosen: argparse.Namespace, floor: list[float] | None) -> tuple:
    """One line of the table. The share is 1 for what is as quick as its floor, and smaller for what is slower."""
    p50, p95 = (1000 * environment.percentile(times, share) for share in (0.5, 0.95))
    return (
        name,
        f"{len(times) / chosen.seconds:.0f}",
        f"{p50:.0f}",
        f"{p95:.0f}",
        f"1/{len(floor) / len(times):.1f}" if floor else "",
        "" if p95 <= BUDGET_MILLISECONDS else f"over {BUDGET_MILLISECONDS} ms",
    )


def count_pending_deliveries(it: environment.BenchEnvironment) -> int:
    """How many deliveries are not finished."""
    from sqlalchemy import func, select

    from helpdesk.extensions import db
    from helpdesk.models.delivery import Delivery

    with it.app.app_context():
        left = db.session.scalar(select(func.count()).where(Delivery.state.not_in(("sent", "skipped"))))
        db.session.remove()
    return left


def measure_memory(it: environment.BenchEnvironment) -> list[tuple]:
    """Rows of (process, MB it holds, MB of them that no other process shares)."""
    rows = []
    for name in it.children:
        if name == "web" or name.startswith("worker"):
            for pid in it.pids(name):
                held = psutil.Process(pid).memory_full_info()
                rows.append((name, f"{held.rss / 2**20:.0f}", f"{held.uss / 2**20:.0f}"))
    return rows


def measure_concurrent(people: list[http_client.HttpClient], what, seconds: float) -> list[float]:
    """Seconds that each request took while all ``people`` ask for ``what`` (a path, or a function) as fast as they can."""
    do = what if callable(what) else lambda person, turn: person.get(what)
    times: list[float] = []
    wrong: list[int] = []
    do(people[0], "first")
    until = time.monotonic() + seconds

    def ask(place: int, person: http_client.HttpClient) -> None:
        turn = 0
        while time.monotonic() < until:
            turn += 1
            began = time.perf_counter()
            answer = do(person, f"{place}-{turn}")
            times.append(time.perf_counter() - began)
            if answer.status not in (200, 302, 303):
                wrong.append(answer.status)

    threads = [threading.Thread(target=ask, args=each) for each in enumerate(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise SystemExit(f"{what} answered {sorted(set(wrong))} to {len(wrong)} of {len(times)}.")
    return times


def get_later_page(person: http_client.HttpClient, path: str, pages_on: int) -> str:
    """The address ``pages_on`` pages behind ``path``, or of the last page."""
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
