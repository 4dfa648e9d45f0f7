"""What each page costs in processor time, side by side with the floor: a bare view with one query and the same rows."""

import argparse
import sys

from bench import environment, http_client
from helpdesk.demo import personas
from helpdesk.demo.seed import bulk_data


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--count", type=int, default=150, help="requests to each page")
    chosen = parser.parse_args()
    with environment.BenchEnvironment(chosen.database, workers=0, outside=False, WEB_THREADS=8) as it:
        it.start()
        with it.app.app_context():
            bulk_data.seed_bulk_data(organizations=20, tickets=2000, messages=4)
        rows = measure(it, chosen.count)
    print(environment.describe_versions())
    header = ("page", "KB", "CPU ms", "p50 ms", "p95 ms", "times its floor")
    environment.print_table(f"Pages on {chosen.database}, {chosen.count} requests each, one at a time", header, rows)


def measure(it: environment.BenchEnvironment, count: int) -> list[tuple]:
    """Rows of (page, size, CPU, p50, p95, ratio)."""
    floor = start_baseline(it)
    customer, organization, number, _ = find_busiest_customer(it)
    priya, dana = it.browser(personas.AGENTS[2].email), it.browser(customer)
    rows_of_list = f"/list/{organization}"
    floors = {
        "list": measure_page(it, floor, rows_of_list, count, "floor"),
        "ticket": measure_page(it, floor, f"/ticket/{number}", count, "floor"),
    }
    pages = [
        ("floor: 25 rows", floor, rows_of_list, "list"),
        ("a customer's tickets", dana, "/tickets", "list"),
        ("their search", dana, "/tickets?q=invoice", "list"),
        ("filing a ticket, the form", dana, "/tickets/new?form=default", "list"),
        ("the desk", priya, "/desk", "list"),
        ("floor: five messages", floor, f"/ticket/{number}", "ticket"),
        ("a ticket, customer", dana, f"/tickets/{number}", "ticket"),
        ("a ticket, agent", priya, f"/tickets/{number}", "ticket"),
        ("its conversation, changed", dana, f"/tickets/{number}/conversation", "ticket"),
    ]
    rows = []
    for name, browser, path, against in pages:
        answer = floors[against] if browser is floor else measure_page(it, browser, path, count, "web")
        size, cpu, p50, p95 = answer
        rows.append(
            (name, f"{size / 1024:.1f}", f"{cpu:.2f}", f"{p50:.1f}", f"{p95:.1f}", f"{cpu / floors[against][1]:.1f}")
        )
    etag = dana.get(f"/tickets/{number}/conversation").headers.get("ETag", "")
    size, cpu, p50, p95 = measure_page(
        it, dana, f"/tickets/{number}/conversation", count, "web", **{"If-None-Match": etag}
    )
    ratio = f"{cpu / floors['ticket'][1]:.1f}"
    rows.append(
        ("its conversation, unchanged (304)", f"{size / 1024:.1f}", f"{cpu:.2f}", f"{p50:.1f}", f"{p95:.1f}", ratio)
    )
    return rows


def start_baseline(it: environment.BenchEnvironment, processes: int = 1) -> http_client.HttpClient:
    """The bare application, served by gunicorn as ours is."""
    port = environment.find_free_port()
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--no-control-socket",
        "--worker-class",
        "uvicorn_worker.UvicornH11Worker",
        "--workers",
        str(processes),
        "--bind",
    ]
    it.run("floor", [*command, f"127.0.0.1:{port}", "--log-level", "warning", "bench.baseline:asgi_app"])
    address = f"http://127.0.0.1:{port}"
    environment.wait_for(lambda: environment.is_reachable(f"{address}/healthz"), "the floor")
    return http_client.HttpClient(address, "none=none")


def measure_page(
    it: environment.BenchEnvironment, browser: http_client.HttpClient, path: str, count: int, process: str, **headers
) -> tuple:
    """(bytes, CPU milliseconds a request, p50 and p95 in ms) of ``path``, after a few requests to warm up."""
    for _ in range(10):
        answer = browser.get(path, **headers)
    if answer.status not in (200, 304):
        raise SystemExit(f"{path} answers {answer.status}")
    pids = it.pids(process)
    before = environment.cpu_seconds(pids)
    took = [1000 * browser.get(path, **headers).took for _ in range(count)]
    cpu = 1000 * (environment.cpu_seconds(pids) - before) / count
    return len(answer.text.encode()), cpu, environment.percentile(took, 0.5), environment.percentile(took, 0.95)


def find_busiest_customer(it: environment.BenchEnvironment) -> tuple[str, int, int, int]:
    """(address of a customer, their organization, a ticket of theirs with five messages, the one with most)."""
    from sqlalchemy import func, select

    from helpdesk.extensions import db
    from helpdesk.models.ticket import Message, Ticket
    from helpdesk.models.user import User

    with it.app.app_context():
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
