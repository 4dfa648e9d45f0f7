"""How long searches take, by word, for the team, the largest and a small customer, as whole pages without a server."""

import argparse
import time
from urllib.parse import quote

from bench import pages, report, wsgi_client
from bench.environment import BenchEnvironment
from bench.wsgi_client import WsgiClient
from bench.wsgi_client import measure as measure_cost
from helpdesk.demo import personas
from helpdesk.demo.seed import bulk_data

# What the generated texts have: in one ticket of a few thousand, in one of twenty, in one of four, nearly everywhere.
WORDS = {
    "a rare word": "{number}",
    "a frequent word": "scanner",
    "two frequent words": "invoice export",
    "a phrase": '"the label printer"',
    "two characters": "th",
    "a word that is nearly everywhere": "the",
    "a person": "{person}",
    "a filter and a word": "status:open scanner",
    "a word with a typo": "scaner",
    "a word that is nowhere": "qqqqqzzz",
}
READERS = ("team", "largest customer", "small customer")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="postgresql")
    parser.add_argument("--tickets", type=int, nargs="+", default=[20_000], help="sizes, in growing order")
    parser.add_argument("--count", type=int, default=40, help="requests of each case")
    arguments = parser.parse_args()
    wsgi_client.lift_personal_limits()
    for tickets in arguments.tickets:
        with BenchEnvironment(arguments.database, workers=0, with_external_services=False) as environment:
            environment.prepare()
            rows = measure(environment, tickets, arguments)
        header = ("search", *(f"{reader}: {what}" for reader in READERS for what in ("CPU ms", "p95 ms", "statements")))
        report.print_table(f"{tickets:,} tickets on {arguments.database}", header, rows)
    print(report.describe_versions())


def measure(environment: BenchEnvironment, tickets: int, arguments: argparse.Namespace) -> list[tuple]:
    """A row of the table for each search."""
    from sqlalchemy import text

    from helpdesk.extensions import db

    backend = None
    with environment.app.app_context():
        bulk_data.seed_bulk_data(organizations=200, tickets=tickets, messages=2)
        if arguments.database == "postgresql":
            db.session.execute(text("ANALYZE"))
            db.session.commit()
            backend = db.session.scalar(text("SELECT pg_backend_pid()"))
            db.session.remove()
    app, host = environment.app, environment.portal.removeprefix("http://")
    email, _, number, _ = pages.find_busiest_customer(environment)
    customers = [
        WsgiClient(app.wsgi_app, host, environment.cookie(each)) for each in (email, find_small_customer(environment))
    ]
    agent = WsgiClient(app.wsgi_app, host, environment.cookie(personas.AGENTS[2].email))
    rows = []
    for name, words in WORDS.items():
        query = quote(words.format(number=number, person=email.partition("@")[0]))
        row = (name,)
        for client, path in (
            (agent, f"/desk?q={query}&view=all"),
            *((customer, f"/tickets?q={query}") for customer in customers),
        ):
            row += measure_page(client, path, arguments.count, backend)
        rows.append(row)
    return rows


def find_small_customer(environment: BenchEnvironment) -> str:
    """The address of somebody of the organization with the fewest tickets."""
    from sqlalchemy import func, select

    from helpdesk.extensions import db
    from helpdesk.models.ticket import Ticket
    from helpdesk.models.user import User

    with environment.app.app_context():
        fewest = select(Ticket.organization_id).group_by(Ticket.organization_id).order_by(func.count()).limit(1)
        email = db.session.scalar(select(User.email).where(User.organization_id == fewest.scalar_subquery()).limit(1))
        db.session.remove()
    if email is None:
        raise RuntimeError("there is no customer")
    return email


def measure_page(client: WsgiClient, path: str, count: int, backend: int | None) -> tuple[str, str, str]:
    """Processor time of application and database, the 95th percentile of the time, and the statements of a page."""
    for _ in range(6):  # statements are compiled
        client.get(path)
    cost = measure_cost(lambda: client.get(path), count, backend)
    times = []
    for _ in range(count):
        begun = time.perf_counter()
        answer = client.get(path)
        times.append(1000 * (time.perf_counter() - begun))
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status}")
    return f"{cost.total:.1f}", f"{report.percentile(times, 0.95):.1f}", f"{cost.statements:.1f}"


if __name__ == "__main__":
    main()
