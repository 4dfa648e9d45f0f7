"""The backlog: tickets that were open at a moment."""

from datetime import timedelta

from helpdesk import clock
from helpdesk.domain.reporting import backlog


def test_a_ticket_that_was_merged_is_not_open_afterwards(session, make):
    ticket, target = make.ticket(), make.ticket()
    ticket.status, ticket.closed_at, ticket.merged_into_id = "closed", clock.now(), target.id
    ticket.created_at = clock.now() - timedelta(days=3)
    session.commit()
    assert backlog.count_open_at([clock.now() - timedelta(days=1), clock.now() + timedelta(days=1)]) == [1, 1]
