"""What each page costs in processor time, side by side with the floor: a bare view with one query and the same rows."""

import argparse
import sys

from bench import browsers, stand
from helpdesk.demo import cast
from helpdesk.seeds import bulk


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--count", type=int, default=150, help="requests to each page")
    chosen = parser.parse_args()
    with stand.Stand(chosen.database, workers=0, outside=False, WEB_THREADS=8) as it:
        it.start()
        with it.app.app_context():
            bulk.fill(organizations=20, tickets=2000, messages=4)
        rows = measure(it, chosen.count)
    print(stand.version_line())
    header = ("page", "KB", "CPU ms", "p50 ms", "p95 ms", "times its floor")
    stand.table(f"Pages on {chosen.database}, {chosen.count} requests each, one at a time", header, rows)


def measure(it: stand.Stand, count: int) -> list[tuple]:
    """Rows of (page, size, CPU, p50, p95, ratio)."""
    floor = start_floor(it)
    customer, organization, number, _ = busiest(it)
    priya, dana = it.browser(cast.AGENTS[2].email), it.browser(customer)
    rows_of_list = f"/list/{organization}"
    floors = {
        "list": cost(it, floor, rows_of_list, count, "floor"),
        "ticket": cost(it, floor, f"/ticket/{number}", count, "floor"),
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
        answer = floors[against] if browser is floor else cost(it, browser, path, count, "web")
        size, cpu, p50, p95 = answer
        rows.append(
            (name, f"{size / 1024:.1f}", f"{cpu:.2f}", f"{p50:.1f}", f"{p95:.1f}", f"{cpu / floors[against][1]:.1f}")
        )
    etag = dana.get(f"/tickets/{number}/conversation").headers.get("ETag", "")
    size, cpu, p50, p95 = cost(it, dana, f"/tickets/{number}/conversation", count, "web", **{"If-None-Match": etag})
    ratio = f"{cpu / floors['ticket'][1]:.1f}"
    rows.append(
        ("its conversation, unchanged (304)", f"{size / 1024:.1f}", f"{cpu:.2f}", f"{p50:.1f}", f"{p95:.1f}", ratio)
    )
    return rows


def start_floor(it: stand.Stand, processes: int = 1) -> browsers.Browser:
    """The bare application, served by gunicorn as ours is."""
    port = stand.free_port()
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--no-control-socket",
        "--worker-class",
        "gthread",
        "--workers",
        str(processes),
        "--threads",
        "8",
        "--bind",
    ]
    it.run("floor", [*command, f"127.0.0.1:{port}", "--log-level", "warning", "bench.floor:app"])
    address = f"http://127.0.0.1:{port}"
    stand.wait_for(lambda: stand.answers(f"{address}/healthz"), "the floor")
    return browsers.Browser(address, "none=none")


def cost(it: stand.Stand, browser: browsers.Browser, path: str, count: int, process: str, **headers) -> tuple:
    """(bytes, CPU milliseconds a request, p50 and p95 in ms) of ``path``, after a few requests to warm up."""
    for _ in range(10):
        answer = browser.get(path, **headers)
    if answer.status not in (200, 304):
        raise SystemExit(f"{path} answers {answer.status}")
    pids = it.pids(process)
    before = stand.cpu_seconds(pids)
    took = [1000 * browser.get(path, **headers).took for _ in range(count)]
    cpu = 1000 * (stand.cpu_seconds(pids) - before) / count
    return len(answer.text.encode()), cpu, stand.percentile(took, 0.5), stand.percentile(took, 0.95)


def busiest(it: stand.Stand) -> tuple[str, int, int, int]:
    """(address of a customer, their organization, a ticket of theirs with five messages, the one with most)."""
    from sqlalchemy import func, select

    from helpdesk.extensions import db
    from helpdesk.models.people import User
    from helpdesk.models.tickets import Message, Ticket

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
