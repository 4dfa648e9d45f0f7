"""What the team's pages cost: a handful of queries, the same with a hundred tickets and with hundreds."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, insert

from helpdesk import clock, extensions
from helpdesk.models.ticket import Ticket

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
# Pages and the most queries each may make, the signed-in person's own among them.
PAGES = {"/desk": 4, "/desk/queue": 3, "/desk/views": 3, "/review": 15, "/review/promises": 3, "/settings/health": 8}


@contextmanager
def counted():
    statements = []

    def note(_connection, _cursor, statement, *_rest):
        statements.append(statement)

    event.listen(extensions.db.engine, "before_cursor_execute", note)
    yield statements
    event.remove(extensions.db.engine, "before_cursor_execute", note)


def cost(client, path) -> int:
    client.get(path)  # fills what is cached for seconds, and notes that the person was seen
    with counted() as statements:
        assert client.get(path).status_code == 200
    return len([each for each in statements if each.lstrip().startswith(("SELECT", "WITH", "(SELECT"))])


def test_pages_cost_what_they_may_however_many_tickets_there_are(make, browser_of, session):
    requester = make.user(make.organization())
    client = browser_of(make.agent(role="admin"))
    costs = {}
    for number in (100, 500):  # both have more than one page, whose number takes a query of its own
        now = clock.now()
        session.execute(
            insert(Ticket),
            [
                {
                    "organization_id": requester.organization_id,
                    "requester_id": requester.id,
                    "subject": f"Ticket {n}",
                    "status": ("open", "pending", "solved")[n % 3],
                    "created_at": now - timedelta(hours=n),
                    "updated_at": now - timedelta(hours=n),
                    "turn_since": now - timedelta(hours=n),
                    "solved_at": now if n % 3 == 2 else None,
                }
                for n in range(number)
            ],
        )
        session.commit()
        for path in PAGES:
            costs.setdefault(path, []).append(cost(client, path))
    assert {path: pair for path, pair in costs.items() if pair[0] != pair[1] or pair[1] > PAGES[path]} == {}
