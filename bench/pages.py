"""What each page costs in processor time, beside a baseline: a bare view with one query and the same rows."""

import argparse
import sys

from bench import http_client, processes, report
from bench.environment import BenchEnvironment
from helpdesk.demo import personas
from helpdesk.demo.seed import bulk_data


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--count", type=int, default=150, help="requests to each page")
    arguments = parser.parse_args()
    with BenchEnvironment(arguments.database, workers=0, with_external_services=False, WEB_THREADS=8) as environment:
        environment.start()
        with environment.app.app_context():
            bulk_data.seed_bulk_data(organizations=20, tickets=2000, messages=4)
        rows = measure(environment, arguments.count)
    print(report.describe_versions())
    header = ("page", "KB", "CPU ms", "p50 ms", "p95 ms", "times its baseline")
    report.print_table(f"Pages on {arguments.database}, {arguments.count} requests each, one at a time", header, rows)


def measure(environment: BenchEnvironment, count: int) -> list[tuple]:
    """Rows of (page, size, CPU, p50, p95, ratio)."""
    baseline = start_baseline(environment)
    customer, organization, number, _ = find_busiest_customer(environment)
    priya, dana = environment.browser(personas.AGENTS[2].email), environment.browser(customer)
    rows_of_list = f"/list/{organization}"
    baselines = {
        "list": measure_page(environment, baseline, rows_of_list, count, "baseline"),
        "ticket": measure_page(environment, baseline, f"/ticket/{number}", count, "baseline"),
    }
    pages = [
        ("baseline: 25 rows", baseline, rows_of_list, "list"),
        ("a customer's tickets", dana, "/tickets", "list"),
        ("their search", dana, "/tickets?q=invoice", "list"),
        ("filing a ticket, the form", dana, "/tickets/new?form=default", "list"),
        ("the desk", priya, "/desk", "list"),
        ("baseline: five messages", baseline, f"/ticket/{number}", "ticket"),
        ("a ticket, customer", dana, f"/tickets/{number}", "ticket"),
        ("a ticket, agent", priya, f"/tickets/{number}", "ticket"),
        ("its conversation, changed", dana, f"/tickets/{number}/conversation", "ticket"),
    ]
    rows = []
    for name, browser, path, against in pages:
        answer = baselines[against] if browser is baseline else measure_page(environment, browser, path, count, "web")
        size, cpu, p50, p95 = answer
        rows.append(
            (name, f"{size / 1024:.1f}", f"{cpu:.2f}", f"{p50:.1f}", f"{p95:.1f}", f"{cpu / baselines[against][1]:.1f}")
        )
    etag = dana.get(f"/tickets/{number}/conversation").headers.get("ETag", "")
    size, cpu, p50, p95 = measure_page(
        environment, dana, f"/tickets/{number}/conversation", count, "web", **{"If-None-Match": etag}
    )
    ratio = f"{cpu / baselines['ticket'][1]:.1f}"
    rows.append(
        ("its conversation, unchanged (304)", f"{size / 1024:.1f}", f"{cpu:.2f}", f"{p50:.1f}", f"{p95:.1f}", ratio)
    )
    return rows


def start_baseline(environment: BenchEnvironment, process_count: int = 1) -> http_client.HttpClient:
    """Start the bare application under gunicorn, as the product runs, and return a client of it."""
    port = processes.find_free_port()
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--no-control-socket",
        "--worker-class",
        "uvicorn_worker.UvicornH11Worker",
        "--workers",
        str(process_count),
        "--bind",
    ]
    environment.start_process(
        "baseline", [*command, f"127.0.0.1:{port}", "--log-level", "warning", "bench.baseline:asgi_app"]
    )
    address = f"http://127.0.0.1:{port}"
    processes.wait_for(lambda: processes.is_reachable(f"{address}/healthz"), "the baseline")
    return http_client.HttpClient(address, "none=none")


def measure_page(
    environment: BenchEnvironment, browser: http_client.HttpClient, path: str, count: int, process: str, **headers
) -> tuple:
    """(bytes, CPU milliseconds a request, p50 and p95 in ms) of ``path``, after a few requests to warm up."""
    for _ in range(10):
        answer = browser.get(path, **headers)
    if answer.status not in (200, 304):
        raise SystemExit(f"{path} answers {answer.status}")
    pids = environment.list_child_pids(process)
    before = processes.cpu_seconds(pids)
    elapsed = [1000 * browser.get(path, **headers).elapsed_seconds for _ in range(count)]
    cpu = 1000 * (processes.cpu_seconds(pids) - before) / count
    return len(answer.text.encode()), cpu, report.percentile(elapsed, 0.5), report.percentile(elapsed, 0.95)


def find_busiest_customer(environment: BenchEnvironment) -> tuple[str, int, int, int]:
    """(a customer's email address, their organization's id, a ticket of five messages, the longest ticket)."""
    from sqlalchemy import func, select

    from helpdesk.extensions import db
    from helpdesk.models.message import Message
    from helpdesk.models.ticket import Ticket
    from helpdesk.models.user import User

    with environment.app.app_context():
        query = (
            select(Ticket.organization_id, func.count())
            .group_by(Ticket.organization_id)
            .order_by(func.count().desc())
            .limit(1)
        )
        organization = db.session.scalar(query)
        email = db.session.scalar(
            select(User.email).where(User.organization_id == organization).order_by(User.id).limit(1)
        )
        counted = select(Message.ticket_id, func.count().label("count")).where(Message.organization_id == organization)
        counted = counted.group_by(Message.ticket_id).subquery()
        unsolved = select(Ticket.id).join(counted, counted.c.ticket_id == Ticket.id).where(Ticket.status != "closed")
        short = db.session.scalar(unsolved.order_by(func.abs(counted.c.count - 5), Ticket.id.desc()).limit(1))
        long = db.session.scalar(select(counted.c.ticket_id).order_by(counted.c.count.desc()).limit(1))
        db.session.remove()
    return email, organization, short, long


if __name__ == "__main__":
    main()
