"""What the queue costs, however many tickets and organizations there are."""

import os
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, insert, text

from helpdesk import clock, extensions
from helpdesk.domain.ticket_lists import agent_queue
from helpdesk.models.organization import Organization
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from tests import query_plans


@pytest.fixture
def agent(make):
    return make.agent("Maya Lind")


@contextmanager
def counted():
    """Collects the statements that run inside."""
    statements = []

    def note(_connection, _cursor, statement, *_rest):
        if statement.lstrip().upper().startswith(("SELECT", "WITH", "UPDATE", "INSERT")):
            statements.append(statement)

    event.listen(extensions.db.engine, "before_cursor_execute", note)
    yield statements
    event.remove(extensions.db.engine, "before_cursor_execute", note)


def fill(session, requester, number):
    now = clock.now()
    statuses = ["closed"] * 16 + ["open", "in_progress", "pending", "solved"]
    rows = [
        {
            "organization_id": requester.organization_id,
            "requester_id": requester.id,
            "subject": f"Ticket {n}",
            "status": statuses[n % 20],
            "created_at": now - timedelta(minutes=n),
            "updated_at": now - timedelta(minutes=n),
            "turn_since": now - timedelta(minutes=n),
            "solved_at": now - timedelta(minutes=n) if statuses[n % 20] == "solved" else None,
        }
        for n in range(number)
    ]
    for start in range(0, number, 5_000):
        session.execute(insert(Ticket), rows[start : start + 5_000])
    session.commit()
    session.execute(text("ANALYZE"))
    session.commit()


MANY = int(os.environ.get("MANY_TICKETS", "10000"))  # 100000 takes minutes where cores are few; the plans are the same


@pytest.mark.slow
def test_the_queue_costs_the_same_number_of_queries_and_reads_an_index_however_many_tickets_there_are(
    session, make, agent
):
    requester, agent_id = make.user(make.organization()), agent.id
    costs = []
    for number in (100, MANY - 100):
        fill(session, requester, number)
        session.expire_all()
        agent = session.get(User, agent_id)
        with counted() as statements:
            page = agent_queue.fetch_queue_page(agent, {"view": "open"})
            agent_queue.list_views(agent)
            agent_queue.load_filter_choices(agent)
            assert all(ticket.organization and ticket.requester for ticket in page.tickets)
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 4
    assert {view.key: view.count for view in agent_queue.list_views(agent)}["open"] == MANY / 10
    if session.get_bind().dialect.name == "sqlite":
        for view, filters in (("open", {}), ("waiting", {}), ("mine", {}), ("open", {"sort": "waiting"}), ("all", {}),
                              ("unassigned", {})):  # fmt: skip
            plan = explain(session, agent, {"view": view, **filters})
            assert "SCAN tickets" not in plan.replace("SCAN tickets USING INDEX", ""), (view, plan)
            if view != "mine":
                assert "TEMP B-TREE" not in plan, (view, plan)


def test_the_latest_tickets_of_a_status_come_from_its_index(session, make, agent):
    """Where they were looked for among all by their activity, closed ones came after 18,000 others."""
    fill(session, make.user(make.organization()), 2_000)
    closed, solved = {"view": "all", "status": "closed"}, {"view": "solved"}
    if session.get_bind().dialect.name == "sqlite":
        plans = [explain(session, agent, filters) for filters in (closed, solved)]
    else:  # which sorts a few hundred solved ones
        with query_plans.recorded() as found:
            agent_queue.fetch_queue_page(agent, closed)
        plans = [query_plans.explain(session.connection().connection.driver_connection, found[-1])]
    for plan in plans:
        assert "ix_tickets_status_updated" in plan and "TEMP B-TREE" not in plan and "Sort" not in plan, plan


def explain(session, agent, filters) -> str:
    with counted() as statements:
        agent_queue.fetch_queue_page(agent, filters)
    shown = []

    def look(_connection, cursor, statement, parameters, *_rest):
        if statement == statements[-1]:
            cursor.execute("EXPLAIN QUERY PLAN " + statement, parameters)
            shown.extend(row[3] for row in cursor.fetchall())

    event.listen(extensions.db.engine, "before_cursor_execute", look)
    agent_queue.fetch_queue_page(agent, filters)
    event.remove(extensions.db.engine, "before_cursor_execute", look)
    return "\n".join(shown)


def test_an_organization_list_of_thousands_does_not_make_the_page_long(session, make, agent):
    session.execute(
        insert(Organization),
        [{"name": f"Org {n:05}", "slug": f"org-{n}", "version": 1, "created_at": clock.now()} for n in range(2_000)],
    )
    session.commit()
    assert len(agent_queue.load_filter_choices(agent).organizations) == agent_queue.MAX_FILTER_OPTIONS
