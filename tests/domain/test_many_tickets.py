"""Twenty thousand tickets of one organization cost what twenty do."""

import time

import pytest
from sqlalchemy import event, text

from helpdesk.domain.ticket_lists import customer_list
from tests import pace

MANY = 20_000


@pytest.fixture
def crowd(session, make):
    """Somebody whose organization has MANY tickets."""
    dana = make.user(make.organization("Globex"), "Dana Kim")
    make.ticket(dana, "The first", "words")
    numbers = (
        f"WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})"
        if session.get_bind().dialect.name == "sqlite"
        else f"WITH n(i) AS (SELECT generate_series(2, {MANY}))"
    )
    columns = "organization_id, requester_id, status, priority, excerpt, created_at, updated_at, status_since, next_seq, public_seq, version"
    session.execute(
        text(
            f"{numbers} INSERT INTO tickets (id, subject, {columns}) "
            f"SELECT i, 'Printer ' || (i % 97) || ' number ' || i, {columns} FROM n JOIN tickets ON tickets.id = 1"
        )
    )
    session.execute(text("ANALYZE"))
    session.commit()
    return dana


CASES = [
    ({}, 25),
    ({"status": "active", "mine": "1"}, 25),
    ({"sort": "subject"}, 25),
    ({"q": "printer 13"}, 25),
    ({"q": "pr"}, 25),
    ({"q": "number 1999"}, 11),
    ({"q": "#777"}, 11),
]


def test_pages_and_counts_of_twenty_thousand_cost_what_those_of_twenty_do(session, crowd):
    seen = []

    def count(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    crowd.id, crowd.sees  # noqa: B018  (loaded before the count begins)
    event.listen(session.get_bind(), "before_cursor_execute", count)
    for filters, expected in CASES:
        seen.clear()
        started = time.monotonic()
        page = customer_list.fetch_list_page(crowd, filters)
        took = time.monotonic() - started
        selects = [statement for statement in seen if statement.lstrip().startswith(("SELECT", "WITH"))]
        assert len(selects) == (2 if "q" in filters else 1), filters
        assert len(page.tickets) == expected, filters
        assert took < 1.0 * pace.stretch(), filters
    event.remove(session.get_bind(), "before_cursor_execute", count)

    started = time.monotonic()
    cursor = None
    for _ in range(20):
        cursor = customer_list.fetch_list_page(crowd, {}, cursor, 100).next
    assert cursor and customer_list.count_tickets(crowd)["all"] == customer_list.MAX_COUNT + 1
    assert time.monotonic() - started < 4 * pace.stretch()
