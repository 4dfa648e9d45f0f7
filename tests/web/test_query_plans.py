"""No page reads or sorts a large table as a whole, whatever is filtered and sorted by.

The plans of every statement are read, those with the values at hand and those that PostgreSQL keeps for all values.
``make test-large`` does it over 200,000 tickets with the planner's own choice. In the suite there are a few hundred,
and the planner may scan a table only where no index serves: what it then still scans has none.
"""

import itertools
import os
import re

import pytest
from sqlalchemy import select, text

from helpdesk.demo.seed import bulk_data
from helpdesk.domain.reporting import stored_reports
from helpdesk.domain.ticket_lists import agent_queue
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from tests import query_plans

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
TICKETS = int(os.environ.get("LARGE_TICKETS", "400"))
IS_LARGE = TICKETS >= 100_000
MOST_SORTED = 5_000 if IS_LARGE else float("inf")  # rows, as the planner expects them
BATCHES = 2  # of an export that are read
NEXT_PAGE = re.compile(r'href="([^"]*[?&](?:amp;)?after=[^"]*)"')


@pytest.fixture
def crowd(session, make):
    """An admin, a customer of the largest of some organizations with TICKETS tickets in all, and one who sees their own."""
    make.channel("C0TRIAGE")
    make.form()
    bulk_data.seed_bulk_data(organizations=40 if IS_LARGE else 4, tickets=TICKETS, messages=2)
    session.execute(text("ANALYZE"))
    session.commit()
    largest = session.scalar(
        select(Ticket.organization_id).group_by(Ticket.organization_id).order_by(db.func.count().desc()).limit(1)
    )
    customer, colleague = session.scalars(
        select(User).where(User.organization_id == largest).order_by(User.id).limit(2)
    ).all()
    colleague.ticket_visibility = "own"
    session.commit()
    return make.agent("Ada", role="admin"), customer, colleague, session.get(Organization, largest).slug


def desk_addresses(slug: str) -> list[str]:
    """The desk with each view and order, and with each filter and order."""
    filters = {"status": "open", "assignee": "none", "organization": slug, "priority": "high", "form": "default",
               "age": "7", "requester": "1"}  # fmt: skip
    orders = [*agent_queue.SORT_LABELS, "activity"]
    views = [f"view={view}" for view in agent_queue.VIEW_LABELS]
    asked = [*views, *(f"view=all&{name}={value}" for name, value in filters.items())]
    if IS_LARGE:
        return [f"/desk?{each}&sort={sort}" for each in asked for sort in orders]
    return [f"/desk?{each}&sort={sort}" for each, sort in zip(asked, itertools.cycle(orders), strict=False)]


CUSTOMER_ADDRESSES = (
    "/tickets",
    "/tickets?status=active&mine=1",
    "/tickets?q=invoice",
    "/tickets?q=in",
    "/tickets?q=printer+invoice",
    "/tickets/similar?subject=The+scanner+beeps",
)
TEAM_ADDRESSES = (
    "/desk?q=scanner",
    "/desk?q=in",
    "/desk?q=invoice+printer",
    "/desk/queue",
    "/desk/views",
    "/desk/remarks",
    "/desk/people",
    "/desk/export.csv?view=all",
    "/desk/quarantine",
    "/review",
    "/review/reading",
    "/review/reading?sample=low",
    "/review/reading?sample=agent",
    "/review/service-levels",
    "/review/promises",
    "/review/tickets?metric=first_response",
    "/review/tickets?metric=backlog",
    "/review/tickets?metric=waiting_team",
    "/review/reports",
    "/review/quality",
    "/review/export.csv",
    "/settings/health",
    "/settings/audit",
    "/settings/people",
    "/settings/organizations",
)


def test_no_page_reads_or_sorts_a_large_table(crowd, session, browser_of):
    admin, customer, colleague, slug = crowd
    number = session.scalar(select(db.func.max(Ticket.id)).where(Ticket.organization_id == customer.organization_id))
    cases = [(customer, [*CUSTOMER_ADDRESSES, f"/tickets/{number}", "/tickets.csv"]),
             (colleague, [*CUSTOMER_ADDRESSES, "/tickets.csv"]),
             (admin, [*desk_addresses(slug), *TEAM_ADDRESSES, f"/tickets/{number}"])]  # fmt: skip
    statements: dict[str, tuple[str, query_plans.Statement]] = {}
    for person, addresses in cases:
        client = browser_of(person)
        for address in [each for each in addresses if each.startswith("/review")]:
            client.get(address)
        stored_reports.store_due_days()  # as the job does before somebody asks again
        for address in addresses:
            with query_plans.recorded() as found:
                answer = client.get(address)
                if "csv" in address:  # all batches after the first have one statement
                    assert all(itertools.islice(answer.iter_encoded(), BATCHES))
                    answer.close()
                elif following := NEXT_PAGE.search(answer.text):
                    client.get(following[1].replace("&amp;", "&"))
            assert answer.status_code == 200, f"{address}: {answer.status}"
            for each in found:
                statements.setdefault(each.text, (address, each))
    session.rollback()
    assert len(statements) > 40
    session.execute(text("SET LOCAL enable_seqscan = off" if not IS_LARGE else "SELECT 1"))
    connection = session.connection().connection.driver_connection
    # Of what bulk_data leaves nearly empty the planner chooses the scan; the suite finds whether an index serves.
    few = text("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples < 1000")
    small = set(session.scalars(few)) if IS_LARGE else set()
    faults = [
        f"{address} ({kind}): {fault}\n    {' '.join(statement.text.split())[:1500]}"
        for address, statement in statements.values()
        for kind, of_kind in query_plans.find_faults(connection, statement, MOST_SORTED).items()
        for fault in of_kind
        if fault.table not in small
    ]
    session.rollback()
    assert not faults, "\n".join(faults)


def test_a_scan_and_a_sort_are_found(crowd, session):
    """The check itself finds what it is for."""
    connection = session.connection().connection.driver_connection
    scan = query_plans.Statement(
        "SELECT id FROM tickets WHERE excerpt = %(said)s ORDER BY excerpt", {"said": "x"}, False
    )
    found = query_plans.find_faults(connection, scan, most_sorted=-1)
    assert {kind: [fault.step for fault in faults] for kind, faults in found.items()} == {
        "custom": ["Seq Scan"],
        "generic": ["Seq Scan"],
    } or all("Seq Scan" in [fault.step for fault in faults] for faults in found.values())
    session.rollback()


def test_pages_that_are_open_all_day_are_not_planned_anew(crowd, session, browser_of):
    """Planning the desk's page took 0.9 ms of PostgreSQL, reading it 0.3."""
    admin, customer, _, _ = crowd
    number = session.scalar(select(db.func.max(Ticket.id)).where(Ticket.organization_id == customer.organization_id))
    views = [f"/desk?view={view}" for view in agent_queue.VIEW_LABELS]
    statements = {}
    for person, addresses in (
        (customer, ("/tickets", f"/tickets/{number}")),
        (admin, ("/desk", *views, f"/tickets/{number}")),
    ):
        client = browser_of(person)
        for address in addresses:
            with query_plans.recorded() as found:
                assert client.get(address).status_code == 200
            statements |= {each.text: (address, each) for each in found if not each.is_planned_anew}
    session.rollback()
    connection = session.connection().connection.driver_connection
    planned_anew = [
        f"{address}: {' '.join(statement.text.split())[:300]}"
        for address, statement in statements.values()
        if not query_plans.keeps_plan(connection, statement)
    ]
    session.rollback()
    assert len(statements) > 15
    assert not planned_anew, "\n".join(planned_anew)


def test_filters_of_the_desk_are_planned_for_what_was_chosen(make, browser_of):
    make.form()
    client = browser_of(make.agent("Ada"))
    for query in (
        "view=all&form=default&tag=none&organization=none",
        "view=at_risk&sort=oldest",
        "view=solved&sort=oldest",
    ):
        with query_plans.recorded() as found:
            assert client.get(f"/desk?{query}").status_code == 200
        (page,) = [each for each in found if "tickets.excerpt" in each.text]
        assert page.is_planned_anew, query
        assert not {"default", "none"} & set(map(str, page.values.values()))  # ids, of which statistics know


def test_what_a_search_found_is_read_with_a_plan_for_it_where_it_is_not_looked_up(make, browser_of):
    """What is looked up needs none, see ``test_large_lists``."""
    globex = make.organization("Globex")
    dana, omar = make.user(globex, "Dana Fields"), make.user(globex, "Omar Said", ticket_visibility="own")
    make.ticket(dana, "The scanner beeps")
    for client, addresses in (
        (browser_of(dana), ("/tickets?q=from:dana+scanner&sort=oldest", "/tickets/similar?subject=scanner")),
        (browser_of(omar), ("/tickets?q=from:dana+scanner", "/tickets?q=scanner")),
        (
            browser_of(make.agent("Ada")),
            ("/desk?view=all&q=from:dana+scanner&sort=oldest",),
        ),
    ):
        for address in addresses:
            with query_plans.recorded() as found:
                assert client.get(address).status_code == 200
            joined = [each for each in found if "found_ranks" in each.values]
            assert joined, address
            assert all(each.is_planned_anew for each in joined), address
