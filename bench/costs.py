"""What a request costs: processor time here and in PostgreSQL, statements and bytes, beside the baseline of the run.

In one process and without an HTTP server, so that it is quick and says where a change is felt. Each round measures the
baseline (a bare Flask view with one query, ``bench.baseline``) and every case once; the ratios are medians of rounds.
"""

import argparse
import importlib
import os
import re
import statistics
from collections.abc import Callable

from bench import history, pages, report, wsgi_client
from bench.environment import BenchEnvironment
from bench.wsgi_client import HTMX_HEADERS, Answer, Cost, WsgiClient
from helpdesk.demo import personas
from helpdesk.demo.seed import bulk_data

MAX_NAMED = 40  # entries that an open page of a long ticket shows
SHOWN_PATTERN = re.compile(r'id="([me])[a-z]+-(\d+)"[^>]*?data-shown="([^"]+)"')
LENGTHS = (5, 100, 1000)  # messages of the tickets that are read and answered

Cases = dict[str, Callable[[], Answer]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="postgresql")
    parser.add_argument("--tickets", type=int, default=20_000)
    parser.add_argument("--count", type=int, default=20, help="requests of each case in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="cases whose name contains this")
    arguments = parser.parse_args()
    with BenchEnvironment(arguments.database, workers=0, with_external_services=False) as environment:
        environment.prepare()
        rows, ratios = measure(environment, arguments)
    print(report.describe_versions())
    header = ("case", "app ms", "database ms", "together", "of the baseline", "noise %", "statements", "KB")
    report.print_table(f"{arguments.tickets:,} tickets on {arguments.database}", header, rows)
    history.add_run("costs", {"database": arguments.database, "tickets": arguments.tickets}, ratios)


def measure(environment: BenchEnvironment, arguments: argparse.Namespace) -> tuple[list[tuple], dict[str, float]]:
    """Rows of the table, and the ratio of each case to the baseline."""
    from sqlalchemy import text

    from helpdesk.extensions import db

    with environment.app.app_context():
        bulk_data.seed_bulk_data(organizations=200, tickets=arguments.tickets, messages=4)
        if arguments.database == "postgresql":
            db.session.execute(text("ANALYZE"))
            db.session.commit()
    wsgi_client.lift_personal_limits()
    cases, baseline = make_cases(environment)
    cases = {name: do for name, do in cases.items() if arguments.only in name}
    backend = None
    if arguments.database == "postgresql":
        with environment.app.app_context():
            backend = db.session.scalar(text("SELECT pg_backend_pid()"))
            db.session.remove()
    for do in cases.values():
        for _ in range(8):  # statements are compiled, and prepared at their fifth use
            do()
    costs: dict[str, list[Cost]] = {name: [] for name in cases}
    baselines: list[float] = []
    for _ in range(arguments.rounds):
        baselines.append(wsgi_client.measure(baseline, 4 * arguments.count, None).app)
        for name, do in cases.items():
            costs[name].append(wsgi_client.measure(do, arguments.count, backend))
    ratios = {
        name: statistics.median(cost.total / baseline for cost, baseline in zip(found, baselines, strict=True))
        for name, found in costs.items()
    }
    rows = [make_row(name, found, ratios[name]) for name, found in costs.items()]
    return [("baseline", f"{statistics.median(baselines):.2f}", "", "", "", noise(baselines), "", ""), *rows], ratios


def make_row(name: str, found: list[Cost], ratio: float) -> tuple:
    """Make one line of the table."""
    totals = [cost.total for cost in found]
    return (
        name,
        f"{statistics.median(cost.app for cost in found):.2f}",
        f"{statistics.median(cost.database for cost in found):.2f}",
        f"{statistics.median(totals):.2f}",
        f"{ratio:.1f}",
        noise(totals),
        f"{found[0].statements:.0f}",
        f"{found[0].size / 1024:.1f}",
    )


def noise(values: list[float]) -> str:
    """How far the rounds are apart: the spread between the quartiles, in percent of the median."""
    if len(values) < 2:
        return ""
    low, _, high = statistics.quantiles(values, n=4)
    return f"{100 * (high - low) / statistics.median(values):.0f}"


def make_cases(environment: BenchEnvironment) -> tuple[Cases, Callable[[], Answer]]:
    """What is measured, by name, and the baseline."""
    app, host = environment.app, environment.portal.removeprefix("http://")
    email, _, short, _ = pages.find_busiest_customer(environment)
    customer = WsgiClient(app.wsgi_app, host, environment.cookie(email))
    agent = WsgiClient(app.wsgi_app, host, environment.cookie(personas.AGENTS[2].email))
    # One of each length to be read and one to be answered, whose length grows.
    tickets = {length: [make_long_ticket(environment, email, length) for _ in range(2)] for length in LENGTHS}
    for person in (customer, agent):
        person.read_csrf_token(f"/tickets/{tickets[LENGTHS[0]][0]}")
    cases: Cases = {
        "list, customer": lambda: customer.get("/tickets"),
        "search, customer": lambda: customer.get("/tickets?q=invoice"),
        "desk, agent": lambda: agent.get("/desk"),
        "search, agent": lambda: agent.get("/desk?q=scanner"),
        "filing, customer": lambda: file_ticket(customer),
    }
    reply = {"body": "Thank you. We will *look* at it tomorrow."}
    for length, numbers in tickets.items():
        read, written = (f"/tickets/{number}" for number in numbers)
        cases |= {
            f"ticket of {length}, customer": lambda a=read: customer.get(a),
            f"ticket of {length}, agent": lambda a=read: agent.get(a),
            f"new message on {length}, viewer": OpenPage(agent, read, without_newest=True).ask_again,
            f"reply on {length}, customer": lambda a=written: customer.post(f"{a}/replies", reply),
            f"reply on {length}, agent": lambda a=written: agent.post(f"{a}/replies", reply),
        }
        # Last, because its page does not hear of the others' replies.
        page = OpenPage(agent, f"/tickets/{make_long_ticket(environment, email, length)}")
        cases[f"reply on {length}, agent, HTMX"] = lambda page=page: page.reply(reply)
    os.environ["DATABASE_URL"] = environment.variables["DATABASE_URL"]
    baseline = WsgiClient(importlib.import_module("bench.baseline").app.wsgi_app, host)
    return cases, lambda: baseline.get(f"/ticket/{short}")


def file_ticket(customer: WsgiClient) -> Answer:
    """File a ticket. The cookie stays what it was: the next page would take the sentence out that is put into it."""
    cookie = customer.cookie
    answer = customer.post(
        "/tickets", {"form": "default", "subject": "The scanner beeps", "body": "It **beeps** all day."}
    )
    customer.cookie = cookie
    return answer


class OpenPage:
    """An open page of a ticket; with ``without_newest`` it does not show the newest message yet."""

    def __init__(self, person: WsgiClient, address: str, without_newest: bool = False):
        self.person, self.address = person, address
        page = person.get(address).body.decode()
        entries = SHOWN_PATTERN.findall(page)
        self.shown = [f"{kind}{id}:{state}" for kind, id, state in (entries[:-1] if without_newest else entries)]
        self.headers = HTMX_HEADERS | {"HTTP_X_SHOWN_FROM": re.search(r'data-shown-from="(\d+)"', page)[1]}

    def ask_again(self) -> Answer:
        """What the page asks for when its conversation has changed."""
        names = {"HTTP_X_SHOWN_ENTRIES": " ".join(self.shown)}
        return self.person.get(f"{self.address}/conversation", **self.headers, **names)

    def reply(self, values: dict[str, str]) -> Answer:
        """Reply as the page does, and show what comes back."""
        names = {"HTTP_X_SHOWN_ENTRIES": " ".join(self.shown[-MAX_NAMED:])}
        answer = self.person.post(f"{self.address}/replies", values, **self.headers, **names)
        for kind, id, state in SHOWN_PATTERN.findall(answer.body.decode()):
            key = f"{kind}{id}:"
            self.shown = [each for each in self.shown if not each.startswith(key)] + [key + state]
        return answer


def make_long_ticket(environment: BenchEnvironment, email: str, length: int) -> int:
    """File a ticket and fill it up to ``length`` messages; its number."""
    from helpdesk.domain import tickets
    from helpdesk.domain.people import users
    from helpdesk.extensions import db

    with environment.app.app_context():
        requester = users.find_user(email)
        agent = users.find_user(personas.AGENTS[2].email)
        ticket = tickets.create_ticket(requester=requester, subject=f"A ticket of {length}", body="The first.")
        for number in range(1, length):
            tickets.reply(
                ticket,
                author=agent if number % 2 else requester,
                body=f"Message {number} of **many**, with some more text and a [link](https://example.com/).",
            )
            if number % 50 == 0:
                db.session.commit()
        number = ticket.number
        db.session.commit()
        db.session.remove()
    return number


if __name__ == "__main__":
    main()
