"""What the pages of the review cost in processor time, by the number of tickets, as whole pages without a server.

Two tables: the same number of tickets a day with a longer history, where a page should take as long as before, and
the same two years with more tickets a day, where figures over them must read more.
"""

import argparse

from sqlalchemy import select, text

from bench import report
from bench.environment import BenchEnvironment
from bench.wsgi_client import WsgiClient
from bench.wsgi_client import measure as measure_cost
from helpdesk.demo import personas
from helpdesk.demo.seed import bulk_data

YEARS_SECONDS = bulk_data.HISTORY_SECONDS
PATHS = {
    "12 weeks": "/review",
    "4 weeks, of one organization": "/review?range=weeks_4&organization={slug}",
    "a year by month": "/review?range=weeks_52&by=month",
    "12 weeks by agent": "/review?by=agent",
    "12 weeks by organization": "/review?by=organization",
    "12 weeks by tag": "/review?by=tag",
    "the file": "/review/export.csv",
    "tickets filed": "/review/tickets?metric=filed",
    "slowest first responses": "/review/tickets?metric=first_response",
    "the backlog": "/review/tickets?metric=backlog",
    "time waiting on us": "/review/tickets?metric=waiting_team",
    "waiting longest": "/review/promises",
    "service levels": "/review/service-levels",
    "reviews to do": "/review/reading",
    "quality": "/review/quality",
    "saved reports": "/review/reports",
}
# What bulk_data leaves out: a rating of every fifth solved ticket, two targets of each ticket, one in twenty reopened.
MORE_ROWS = (
    "INSERT INTO ratings (ticket_id, user_id, score, comment, created_at) "
    "SELECT id, requester_id, 1 + id % 5, '', solved_at FROM tickets WHERE solved_at IS NOT NULL AND id % 5 = 0",
    "INSERT INTO sla_timers (ticket_id, kind, target, elapsed_seconds, stopped_at, breached) "
    "SELECT id, 'first_response', 240, 0, first_response_at, id % 7 = 0 FROM tickets "
    "WHERE first_response_at IS NOT NULL",
    "INSERT INTO sla_timers (ticket_id, kind, target, elapsed_seconds, stopped_at, breached) "
    "SELECT id, 'resolution', 2400, 0, solved_at, id % 9 = 0 FROM tickets WHERE solved_at IS NOT NULL",
    "INSERT INTO events (ticket_id, organization_id, seq, kind, team_only, actor_id, actor_name, data, created_at) "
    "SELECT id, organization_id, next_seq, 'reopened', false, requester_id, 'Somebody', "
    """'{"old": "solved", "new": "open"}', solved_at FROM tickets WHERE solved_at IS NOT NULL AND id % 20 = 0""",
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="postgresql")
    parser.add_argument("--tickets", type=int, nargs="+", default=[20_000, 200_000], help="sizes, in growing order")
    parser.add_argument("--count", type=int, default=5, help="requests of each page")
    parser.add_argument("--only", choices=["history", "rate"], help="one of the two tables")
    arguments = parser.parse_args()
    for grows in ("history", "rate") if arguments.only is None else (arguments.only,):
        columns: list[dict[str, float]] = []
        for tickets in arguments.tickets:
            longer = tickets / arguments.tickets[0] if grows == "history" else 1
            with BenchEnvironment(arguments.database, workers=0, with_external_services=False) as environment:
                environment.prepare()
                columns.append(measure(environment, tickets, round(YEARS_SECONDS * longer), arguments.count))
        header = ("page", *(f"{tickets:,}: ms" for tickets in arguments.tickets), "ratio")
        rows = [
            (name, *(f"{column[name]:.0f}" for column in columns), f"{columns[-1][name] / columns[0][name]:.1f}")
            for name in PATHS
        ]
        what = "the same number a day" if grows == "history" else "in two years"
        report.print_table(f"Review on {arguments.database}, tickets {what}", header, rows)
    print(report.describe_versions())


def measure(environment: BenchEnvironment, tickets: int, history_seconds: int, count: int) -> dict[str, float]:
    """The milliseconds of processor time that each page takes."""
    from helpdesk.extensions import db
    from helpdesk.models.organization import Organization

    with environment.app.app_context():
        bulk_data.HISTORY_SECONDS = history_seconds
        bulk_data.seed_bulk_data(organizations=200, tickets=tickets, messages=3)
        for statement in MORE_ROWS:
            db.session.execute(text(f"{statement} ON CONFLICT DO NOTHING"))
        db.session.execute(text("ANALYZE"))
        db.session.commit()
        backend = None
        if environment.database == "postgresql":
            backend = db.session.scalar(text("SELECT pg_backend_pid()"))
        slug = db.session.scalar(select(Organization.slug).order_by(Organization.id.desc()).limit(1))
        db.session.remove()
    lead = WsgiClient(
        environment.app.wsgi_app,
        environment.portal.removeprefix("http://"),
        environment.cookie(personas.AGENTS[1].email),
    )
    for path in PATHS.values():
        lead.get(path.format(slug=slug))
    store_days(environment)
    return {name: measure_page(lead, path.format(slug=slug), count, backend) for name, path in PATHS.items()}


def store_days(environment: BenchEnvironment) -> None:
    """Store the days that reports asked for, as the job does each minute."""
    from helpdesk.domain.reporting import stored_reports
    from helpdesk.extensions import db

    with environment.app.app_context():
        stored_reports.RUN_SECONDS = 600
        stored_reports.store_due_days()
        db.session.remove()


def measure_page(lead: WsgiClient, path: str, count: int, backend: int | None) -> float:
    """The processor time of application and database in milliseconds, after a request to compile the statements."""
    if (status := lead.get(path).status) != 200:
        raise RuntimeError(f"{path}: {status}")
    return measure_cost(lambda: lead.get(path), count, backend).total


if __name__ == "__main__":
    main()
