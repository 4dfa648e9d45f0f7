"""The newest tickets of the people and organizations that a search names."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, text

from helpdesk.domain.ticket_lists import newest_tickets
from helpdesk.models.ticket import Ticket
from tests import query_plans

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def organizations(session, make):
    """Twelve organizations with thirty tickets each, one ticket of each organization after the other."""
    people = [make.user(make.organization(f"Branch {number}")) for number in range(12)]
    rows = [
        {
            "organization_id": person.organization_id,
            "requester_id": person.id,
            "subject": f"Ticket {turn}",
            "status": "solved" if turn % 3 else "open",
            "updated_at": START + timedelta(hours=turn, minutes=place),
        }
        for turn in range(30)
        for place, person in enumerate(people)
    ]
    session.execute(insert(Ticket), rows)
    session.commit()
    return people


@pytest.mark.parametrize("number", [1, 3, newest_tickets.MOST_APART, newest_tickets.MOST_APART + 1])
@pytest.mark.parametrize("named", ["search_org", "search_from"])
def test_the_newest_of_some_are_those_of_all_their_tickets(organizations, session, monkeypatch, named, number):
    monkeypatch.setattr(newest_tickets, "MAX_CANDIDATES", 20)
    for build in (newest_tickets._newest, newest_tickets._newest_of_each):
        build.cache_clear()
    column = newest_tickets.ORDERED_COLUMNS[named]
    ids = [each.organization_id if named == "search_org" else each.id for each in organizations[:number]]
    order = Ticket.updated_at.desc(), Ticket.id.desc()
    for conditions, values, condition in (
        ((), {}, column.in_(ids)),
        (("search_status",), {"search_status": ["open"]}, column.in_(ids) & (Ticket.status == "open")),
    ):
        expected = session.scalars(select(Ticket.id).where(condition).order_by(*order).limit(20)).all()
        assert list(newest_tickets.list_newest(conditions, values, named, ids)) == expected
    for build in (newest_tickets._newest, newest_tickets._newest_of_each):
        build.cache_clear()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_index_has_the_newest_of_two_organizations_in_order(organizations, session):
    for costly in ("seqscan", "bitmapscan", "sort"):
        session.execute(text(f"SET LOCAL enable_{costly} = off"))
    ids = [person.organization_id for person in organizations[:2]]
    with query_plans.recorded() as statements:
        assert len(list(newest_tickets.list_newest((), {}, "search_org", ids))) == 60
    with session.connection().connection.driver_connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statements[-1].text}", statements[-1].values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Merge Append" in plan and "-> Sort" not in " ".join(plan.split()), plan
