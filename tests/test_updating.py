"""One row written without a flush of the session."""

import pytest
from sqlalchemy import inspect

from helpdesk import live_events
from helpdesk.database import updating
from helpdesk.extensions import db
from helpdesk.models.ticket import Ticket
from tests.web.test_desk_query_counts import counted


@pytest.fixture
def filed_ticket(make, session):
    ticket = make.ticket(make.user(make.organization("Globex"), "Dana Fields"))
    session.commit()
    return db.session.get(Ticket, ticket.id)


def stored(session, ticket) -> tuple:
    session.expire_all()
    return ticket.subject, ticket.next_seq, ticket.version


def test_what_changed_is_written_by_one_statement_and_stays_loaded(filed_ticket, session):
    ticket, before = filed_ticket, filed_ticket.version
    requester = ticket.requester
    ticket.subject, ticket.next_seq = "Another", 7
    live_events.bump_version_and_publish(ticket)
    with counted() as statements:
        updating.write_changes(ticket)
        assert (ticket.subject, ticket.next_seq, ticket.version, ticket.requester) == (
            "Another",
            7,
            before + 1,
            requester,
        )
        db.session.flush()
    assert [each.split()[0] for each in statements] == ["UPDATE"] and not db.session.dirty
    ticket.next_seq = 8  # and what changes afterwards is noticed as ever
    live_events.bump_version_and_publish(ticket)
    session.commit()
    assert stored(session, ticket) == ("Another", 8, before + 2)


def test_nothing_changed_writes_nothing(filed_ticket):
    assert filed_ticket.subject
    with counted() as statements:
        updating.write_changes(filed_ticket)
    assert statements == []


def test_a_changed_relationship_is_written_with_the_row(filed_ticket, make, session):
    agent = make.agent("Maya")
    filed_ticket.assignee, filed_ticket.subject = agent, "Another"
    updating.write_changes(filed_ticket)
    session.commit()
    assert filed_ticket.assignee_id == agent.id and filed_ticket.subject == "Another"


def test_what_a_savepoint_gives_up_is_read_anew(filed_ticket, session):
    before = stored(session, filed_ticket)
    with db.session.begin_nested() as savepoint:
        filed_ticket.subject = "Another"
        updating.write_changes(filed_ticket)
        savepoint.rollback()
    assert filed_ticket.subject == before[0] and not inspect(filed_ticket).modified
    filed_ticket.subject = "A third"
    updating.write_changes(filed_ticket)
    session.rollback()
    assert stored(session, filed_ticket) == before
