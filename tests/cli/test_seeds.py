"""Seeded data is consistent, as if the domain layer had written it."""

from collections import Counter

from sqlalchemy import func, select, text

from helpdesk.demo import personas
from helpdesk.demo.seed import bulk_data, sample_data, slack_threads
from helpdesk.domain.search_index import reindexing
from helpdesk.models.delivery import UNFINISHED_STATES, Delivery
from helpdesk.models.event import Event
from helpdesk.models.message import Message
from helpdesk.models.organization import Organization
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from tests.factories import find_tickets


def words_indexed(session) -> list[tuple]:
    """What the search index holds."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    columns = "rowid, scope, subject, words" if is_sqlite else "ticket_id, seq, part, words::text"
    return sorted(map(tuple, session.execute(text(f"SELECT {columns} FROM ticket_search"))))


def test_sample_data_has_tickets_in_every_status(session):
    sample_data.seed_sample_data()
    session.commit()
    counted = Counter(session.scalars(select(Ticket.status)))
    assert counted == Counter(filed_ticket.status for filed_ticket in personas.SAMPLE_TICKETS)
    assert session.scalar(select(func.count()).select_from(Message)) == sum(
        len(filed_ticket.messages) for filed_ticket in personas.SAMPLE_TICKETS
    )
    assert session.scalar(select(func.count()).where(Delivery.state.in_(UNFINISHED_STATES))) == 0
    for ticket in session.scalars(select(Ticket)):
        seqs = sorted([entry.seq for entry in (*ticket.messages, *ticket.events)])
        assert seqs == list(range(1, ticket.next_seq)), "one place for each thing that was said or happened"
        assert ticket.created_at <= ticket.updated_at


def test_active_tickets_are_posted_to_a_new_workspace_each_time(session):
    sample_data.seed_sample_data()
    slack_threads.recreate_threads()
    session.commit()
    living = session.scalar(select(func.count()).where(Ticket.status != "closed"))
    cards = select(func.count()).where(Delivery.kind == "card", Delivery.state == "pending")
    assert session.scalar(cards) == 2 * living
    slack_threads.recreate_threads()
    session.commit()
    assert session.scalar(cards) == 2 * living
    notes = select(Delivery).join(Message).where(Message.kind == "note", Delivery.state == "pending")
    assert not [delivery for delivery in session.scalars(notes) if delivery.thread.is_customers]


def test_bulk_data_is_consistent(session, make):
    made = bulk_data.seed_bulk_data(organizations=4, tickets=120, messages=4, random_seed=7)
    assert made.tickets == session.scalar(select(func.count()).select_from(Ticket)) == 120
    assert made.messages == session.scalar(select(func.count()).select_from(Message))
    assert made.organizations == session.scalar(select(func.count()).select_from(Organization)) == 4
    for ticket in session.scalars(select(Ticket).limit(40)):
        seqs = sorted([entry.seq for entry in (*ticket.messages, *ticket.events)])
        assert seqs == list(range(1, ticket.next_seq))
        assert {message.organization_id for message in ticket.messages} == {ticket.organization_id}
        assert ticket.requester.organization_id == ticket.organization_id


def test_bulk_search_index_equals_one_made_anew(session):
    bulk_data.seed_bulk_data(organizations=3, tickets=40, messages=4, random_seed=3)
    before = words_indexed(session)
    assert len(before) == 40 + session.scalar(select(func.count()).select_from(Message))
    reindexing.reindex_tickets(list(session.scalars(select(Ticket.id))), session.connection())
    assert words_indexed(session) == before


def test_tickets_can_be_filed_after_bulk_data(session, make):
    bulk_data.seed_bulk_data(organizations=2, tickets=30, messages=3)
    organization = make.organization("After")
    requester = make.user(organization)
    ticket = make.ticket(requester, subject="A perfectly fresh zebra")
    assert ticket.id == 31
    assert find_tickets(requester, "zebra") == [ticket.id]


def test_the_same_seed_makes_the_same_data(session):
    bulk_data.seed_bulk_data(organizations=3, tickets=25, messages=3, random_seed=11)
    first = [(t.subject, t.status, t.requester.name) for t in session.scalars(select(Ticket).order_by(Ticket.id))]
    people = sorted(session.scalars(select(User.name)))
    for model in (Event, Message):
        session.query(model).delete()
    session.execute(text("DELETE FROM threads"))
    session.query(Ticket).delete()
    session.execute(text("DELETE FROM memberships"))
    session.query(User).delete()
    session.execute(text("DELETE FROM organization_domains"))
    session.query(Organization).delete()
    session.commit()
    bulk_data.seed_bulk_data(organizations=3, tickets=25, messages=3, random_seed=11)
    assert [(t.subject, t.status, t.requester.name) for t in session.scalars(select(Ticket).order_by(Ticket.id))][
        -25:
    ] == first
    assert sorted(session.scalars(select(User.name))) == people
