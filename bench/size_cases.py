"""What ``bench.sizes`` asks: searches, lists, the desk by view, filter and order, tickets, reviews, erasure."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import quote

from sqlalchemy import delete, func, select, text

from bench import pages, review, search, wsgi_client
from bench.costs import make_long_ticket
from bench.environment import BenchEnvironment
from bench.wsgi_client import Answer, WsgiClient
from helpdesk.demo import personas
from helpdesk.demo.seed import bulk_data

Cases = dict[str, Callable[[], Answer]]
SEARCHES = search.WORDS | {
    "two words": "printer invoice",
    "an older month and a word": "before:2026-04-01 scanner",
    "from somebody and a word": "from:{person} scanner",
    "a tag and a word": "tag:bench scanner",
}
SIMILAR = ("The scanner beeps", "Invoice export is empty", "the printer does not print the labels")
LENGTHS = (5, 100)  # messages of the tickets that are read and answered
FAR = 20  # pages on
# What bulk_data leaves out beside what bench.review adds: a running target of each unsolved ticket, a tag of some.
MORE_ROWS = (
    *review.MORE_ROWS,
    "INSERT INTO sla_timers (ticket_id, kind, target, elapsed_seconds, running_since, due_at, breached) "
    "SELECT id, 'resolution', 2400, 0, created_at, now() + (id % 97 - 10) * interval '1 hour', false FROM tickets "
    "WHERE status IN ('open', 'in_progress', 'pending', 'on_hold')",
    "UPDATE tickets SET next_due_at = (SELECT min(due_at) FROM sla_timers WHERE ticket_id = tickets.id) "
    "WHERE status IN ('open', 'in_progress', 'pending', 'on_hold')",
    "INSERT INTO tags (name, search_words, created_at) SELECT 'bench', 'bench', now()",
    "INSERT INTO ticket_tags (ticket_id, tag_id) SELECT id, (SELECT id FROM tags WHERE name = 'bench') FROM tickets "
    "WHERE id % 25 = 0",
)
WITH_FORM = (
    "UPDATE tickets SET form_version_id = (SELECT min(id) FROM form_versions) WHERE id % 40 = 0 "
    "AND form_version_id IS NULL"
)


def fill(environment: BenchEnvironment, tickets: int) -> None:
    """Make organizations, people and tickets."""
    with environment.app.app_context():
        bulk_data.seed_bulk_data(organizations=200, tickets=tickets, messages=2)
    complete(environment)


def complete(environment: BenchEnvironment) -> None:
    """Add what ``bulk_data`` leaves out, and vacuum: before it, no index alone answers what was just written."""
    from helpdesk.extensions import db

    with environment.app.app_context():
        for statement in MORE_ROWS:
            is_insertion = statement.startswith("INSERT")
            db.session.execute(text(f"{statement} ON CONFLICT DO NOTHING" if is_insertion else statement))
        db.session.execute(text(WITH_FORM))
        db.session.commit()
        db.session.remove()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM (ANALYZE)"))


def find_backend(environment: BenchEnvironment) -> int:
    """The process of PostgreSQL that serves this one."""
    from helpdesk.extensions import db

    with environment.app.app_context():
        found = db.session.scalar(text("SELECT pg_backend_pid()"))
        db.session.remove()
    return found


def count_tickets(environment: BenchEnvironment) -> int:
    """How many tickets there are."""
    from helpdesk.extensions import db
    from helpdesk.models.ticket import Ticket

    with environment.app.app_context():
        found = db.session.scalar(select(func.count()).select_from(Ticket))
        db.session.remove()
    return found


def make_cases(environment: BenchEnvironment) -> Cases:
    """What is measured, by name."""
    wsgi_client.lift_personal_limits()
    app, host = environment.app, environment.portal.removeprefix("http://")

    def client(email: str) -> WsgiClient:
        return WsgiClient(app.wsgi_app, host, environment.cookie(email))

    largest, organization, number, _ = pages.find_busiest_customer(environment)
    agent, lead = client(personas.AGENTS[2].email), client(personas.AGENTS[1].email)
    small = find_small_customer(environment)
    readers = {
        "team": (agent, "/desk?view=all&"),
        "largest customer": (client(largest), "/tickets?"),
        "small customer": (client(small), "/tickets?"),
        "own tickets only": (client(find_own_customer(environment, organization, largest)), "/tickets?"),
    }
    person = quote(largest.partition("@")[0])
    cases: Cases = {}
    for what, words in SEARCHES.items():
        query = quote(words.format(number=f"R-{number:07d}", person=person))
        for reader, (who, path) in readers.items():
            cases[f"search: {what}, {reader}"] = lambda who=who, path=f"{path}q={query}": who.get(path)
    for reader in list(readers)[1:]:
        who = readers[reader][0]
        for subject in SIMILAR:
            path = f"/tickets/similar?subject={quote(subject)}"
            cases[f"search: similar to {subject!r}, {reader}"] = lambda who=who, path=path: who.get(path)
        for path in ("/tickets", "/tickets?status=active", "/tickets?status=solved&mine=1"):
            cases[f"list: {path}, {reader}"] = lambda who=who, path=path: who.get(path)
        cases[f"list: far on, {reader}"] = far_on(who, "/tickets")
    slug = get_slug(environment, organization)
    cases |= {f"desk: {path[6:80]}": lambda path=path: agent.get(path) for path in list_desk_paths(slug)}
    cases["desk: all, far on"] = far_on(agent, "/desk?view=all")
    cases |= make_ticket_cases(environment, readers["largest customer"][0], largest, agent)
    reviews = {name: path.format(slug=slug) for name, path in review.PATHS.items()}
    cases |= {f"review: {name}": lambda path=path: lead.get(path) for name, path in reviews.items()}
    admin = client(personas.AGENTS[0].email)
    for path in ("/settings/people", "/settings/organizations", "/settings/health", "/settings/audit"):
        cases[f"settings: {path}"] = lambda path=path: admin.get(path)
    return cases | make_erasure_cases(environment, organization, small)


def list_desk_paths(slug: str) -> list[str]:
    """Each view in each order, and each filter in two."""
    from helpdesk.domain.ticket_lists import agent_queue

    orders = [*agent_queue.SORT_LABELS]
    filters = {"status": ("open", "closed"), "assignee": ("none", "me"), "organization": (slug,), "priority": ("high",),
               "form": ("default", "unknown"), "tag": ("bench", "unknown"), "age": ("7",)}  # fmt: skip
    found = [f"/desk?view={view}&sort={sort}" for view in agent_queue.VIEW_LABELS for sort in orders]
    for name, values in filters.items():
        found += [f"/desk?view=all&{name}={value}&sort={sort}" for value in values for sort in orders[:2]]
    return found


def make_ticket_cases(environment: BenchEnvironment, customer: WsgiClient, email: str, agent: WsgiClient) -> Cases:
    """Reading and answering tickets, and filing."""
    cases: Cases = {}
    body = {"body": "Thank you. We will *look* at it tomorrow."}
    make = cache(lambda length, use: make_long_ticket(environment, email, length))  # when they are first asked for
    for length in LENGTHS:
        for reader, who in (("customer", customer), ("agent", agent)):
            cases[f"ticket: of {length}, {reader}"] = lambda who=who, length=length: who.get(
                f"/tickets/{make(length, 'read')}"
            )
            cases[f"ticket: reply on {length}, {reader}"] = lambda who=who, length=length: who.post(
                f"/tickets/{make(length, 'answer')}/replies", body
            )
    for who in (customer, agent):
        who.read_csrf_token("/account")
    values = {"form": "default", "subject": "The scanner beeps", "body": "It **beeps** all day."}
    cases["ticket: filing"] = lambda: customer.post("/tickets", values)
    cases["ticket: the form"] = lambda: customer.get("/tickets/new?form=default")
    return cases


def make_erasure_cases(environment: BenchEnvironment, organization_id: int, email: str) -> Cases:
    """Erasing somebody with few tickets, and a batch of the largest organization; both are rolled back."""
    from helpdesk.domain.people import users
    from helpdesk.domain.privacy import erasure, organization_erasure
    from helpdesk.extensions import db
    from helpdesk.models.operation import Operation
    from helpdesk.models.organization import Organization

    def rolled_back(do: Callable[[], Any]) -> Callable[[], Answer]:
        def run() -> Answer:
            with environment.app.app_context():
                db.session.execute(delete(Operation))
                do()
                db.session.rollback()
                db.session.remove()
            return Answer(200, {}, b"")

        return run

    def erase_person() -> None:
        erasure.erase_person(users.find_user(email), actor=users.find_user(personas.AGENTS[0].email))

    def erase_batch() -> None:
        organization = db.session.get(Organization, organization_id)
        organization_erasure.start_erasing_organization(organization, actor=users.find_user(personas.AGENTS[0].email))
        organization_erasure.erase_organization_batch(organization)

    return {
        "erasure: a person of a small organization": rolled_back(erase_person),
        "erasure: 200 tickets of the largest organization": rolled_back(erase_batch),
    }


def find_small_customer(environment: BenchEnvironment) -> str:
    """Somebody of the smallest organization with 30 tickets or more, so that it has as many in each size."""
    return find_email(
        environment,
        "SELECT email FROM users WHERE organization_id = (SELECT organization_id FROM tickets GROUP BY 1 "
        "HAVING count(*) >= 30 ORDER BY count(*) LIMIT 1) ORDER BY id LIMIT 1",
    )


def find_own_customer(environment: BenchEnvironment, organization_id: int, but: str) -> str:
    """Somebody of the organization, who sees only their own tickets from now on."""
    return find_email(
        environment,
        f"UPDATE users SET ticket_visibility = 'own' WHERE id = (SELECT max(id) FROM users WHERE organization_id = "
        f"{organization_id} AND email <> '{but}') RETURNING email",
    )


def find_email(environment: BenchEnvironment, statement: str) -> str:
    """The address that ``statement`` returns."""
    from helpdesk.extensions import db

    with environment.app.app_context():
        found = db.session.scalar(text(statement))
        db.session.commit()
        db.session.remove()
    return found


def get_slug(environment: BenchEnvironment, organization_id: int) -> str:
    """The name of the organization in addresses."""
    return find_email(environment, f"SELECT slug FROM organizations WHERE id = {organization_id}")


def far_on(who: WsgiClient, path: str) -> Callable[[], Answer]:
    """Read the page that is ``FAR`` pages after ``path``, or the last one."""

    @cache
    def find() -> str:
        found = path
        for _ in range(FAR):
            following = re.search(r'rel="next"\s+href="([^"]*)"', who.get(found).body.decode())
            if following is None:
                break
            found = following[1].replace("&amp;", "&")
        return found

    return lambda: who.get(find())
