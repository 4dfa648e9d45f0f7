"""The backlog: tickets that were open at a moment."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from helpdesk import clock
from helpdesk.domain.reporting import backlog, waiting_times
from helpdesk.domain.reporting.series import Series
from helpdesk.models.statuses import WaitingOn


def test_a_ticket_that_was_merged_is_not_open_afterwards(session, make):
    ticket, target = make.ticket(), make.ticket()
    ticket.status, ticket.closed_at, ticket.merged_into_id = "closed", clock.now(), target.id
    ticket.created_at = clock.now() - timedelta(days=3)
    session.commit()
    moments = [clock.now() - timedelta(days=1), clock.now() + timedelta(days=1)]
    assert Series(moments).count_open_at(moments) == [1, 1]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_was_open_is_found_without_reading_every_ticket_ever_filed(session, make):
    begin, end = clock.now() - timedelta(days=84), clock.now() + timedelta(days=1)
    waited = waiting_times.select_waiting_tickets(WaitingOn.team, (begin, end))
    for query in (backlog.select_open_at(begin), select(waited.c.ticket_id)):
        sql = query.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        steps = [row.detail for row in session.execute(text(f"EXPLAIN QUERY PLAN {sql}"))]
        of_tickets = [step for step in steps if " tickets" in step]
        assert len(of_tickets) >= 3, steps
        assert not [step for step in of_tickets if step.startswith("SCAN") or "ix_tickets_created" in step], steps
        assert not [step for step in steps if step.startswith(("SCAN events", "SEARCH events")) and "kind=" in step], (
            steps
        )
