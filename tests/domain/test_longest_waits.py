"""The tickets that waited longest are those that a sum of all times says, with and without stored lists."""

import itertools
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import delete, select, text, update

from helpdesk.database import transactions
from helpdesk.domain.reporting import drill_down, longest_lists, longest_waits, selections, waiting_times
from helpdesk.domain.reporting.definition import ReportDefinition
from helpdesk.extensions import db
from helpdesk.models.report_day import ReportDay
from helpdesk.models.statuses import WaitingOn
from helpdesk.models.ticket import Ticket
from tests.domain import invented_tickets

ASKED = (
    {"range": "weeks_12"},
    {"range": "this_week"},
    {"from": "2026-10-10", "to": "2026-11-11"},
    {"range": "weeks_4", "organization": "globex"},
    {"from": "2026-10-01", "to": "2026-11-30", "tag": "refund"},
)


@pytest.fixture
def world(session, make):
    """The invented tickets, at the time at which they end; two of them were merged into another."""
    invented_tickets.insert_tickets(session, make)
    merged = select(Ticket.id).where(Ticket.status == "open").order_by(Ticket.id).limit(2)
    closed = invented_tickets.NOW - timedelta(days=9)
    values = {"status": "closed", "closed_at": closed, "merged_into_id": 1}
    session.execute(update(Ticket).where(Ticket.id.in_(merged), Ticket.created_at < closed).values(values))
    session.commit()
    with time_machine.travel(invented_tickets.NOW, tick=False):
        yield


@pytest.fixture
def few(monkeypatch):
    """One ticket of a day is stored and two are added up at once, so that an example of 120 has everything."""
    monkeypatch.setattr(longest_lists, "PAGE_SIZE", 1)
    monkeypatch.setattr(longest_waits, "FEW", 2)


def list_all(asked: ReportDefinition, name: str) -> list[tuple[int, float]]:
    query, value, _ = drill_down.build_query(asked, name)
    rows = db.session.execute(query.order_by(value.desc(), Ticket.id.desc()))
    return [(row[0].id, pytest.approx(row[1], abs=0.01)) for row in rows]


def test_the_longest_are_found_whatever_is_stored(world, few):
    found = 0
    for is_stored, values, name in itertools.product((False, True), ASKED, waiting_times.LISTS):
        asked = ReportDefinition.read(values)
        selection, period = selections.select_tickets(asked), asked.days.period
        if is_stored:
            stored = longest_lists.store(name, selection, period, 1000)
            db.session.commit()
            assert stored or not longest_waits.find_longest(name, selection, period, 1).missing
        expected = list_all(asked, name)
        for most in (1, 3, 8, 51):
            waits = longest_waits.find_longest(name, selection, period, most)
            assert waits.rows == expected[:most], (is_stored, values, name, most)
            assert bool(waits.missing) is not is_stored, (values, name)
        found += len(expected)
    assert found > 400


def test_of_many_tickets_few_are_added_up(world, few, monkeypatch):
    asked = ReportDefinition.read({"from": "2026-10-01", "to": "2026-11-30"})
    name, added_up = f"waiting_{WaitingOn.team}", []
    add_up = longest_waits._Search._add_up
    monkeypatch.setattr(
        longest_waits._Search, "_add_up", lambda self, parts: added_up.append(add_up(self, parts)) or added_up[-1]
    )
    selection, period = selections.select_tickets(asked), asked.days.period
    longest_lists.store(name, selection, period, 1000)
    number = len(list_all(asked, name))
    longest_waits.find_longest(name, selection, period, 3)
    assert number > 100 and sum(map(len, added_up)) < number / 3
    db.session.execute(delete(ReportDay))
    added_up.clear()
    longest_waits.find_longest(name, selection, period, 3)
    assert sum(map(len, added_up)) < number


def test_a_page_of_many_says_that_there_are_more(world, monkeypatch):
    asked = ReportDefinition.read({"range": "weeks_12"})
    name = f"waiting_{WaitingOn.team}"
    whole = drill_down.list_tickets(asked, name)
    assert whole.counted is None and whole.count == len(list_all(asked, name)) > 100
    monkeypatch.setattr(longest_waits, "MOST_ADDED_UP", 20)
    pages = [drill_down.list_tickets(asked, name, number) for number in (1, 2, 3, 4)]
    assert [(page.count, page.counted) for page in pages[:2]] == [(51, 50), (101, 100)]
    assert [(page.count, page.counted) for page in pages[2:]] == [(whole.count, 150), (whole.count, 200)]
    rows = [(ticket.id, value) for page in pages for ticket, value in page.rows]
    assert rows == list_all(asked, name)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_events_of_a_few_tickets_are_looked_up(world):
    """PostgreSQL expects more tickets than there are, and would read the events of all."""
    session = db.session
    session.execute(text("SET LOCAL enable_seqscan = on"))
    waits = waiting_times.select_waits_of(
        [Ticket.created_at > invented_tickets.NOW - timedelta(days=50)], WaitingOn.team
    )
    with transactions.read_only():
        sql = select(waits).compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        plan = "\n".join(session.scalars(text(f"EXPLAIN {sql}".replace(":", r"\:"))))
    assert "Nested Loop" in plan and "Hash Join" not in plan, plan
