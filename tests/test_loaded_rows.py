"""Objects made of the rows of a query for columns are as the ORM loads them."""

import pytest
from sqlalchemy import inspect, select, update
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.orm import aliased

from helpdesk.database import transactions
from helpdesk.database.loaded_rows import LoadedColumns, relate
from helpdesk.domain import tickets
from helpdesk.domain.authentication import sessions
from helpdesk.domain.tickets import tags
from helpdesk.models.rating import Rating
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.web.tickets import ticket_lookup
from tests.web.test_desk_query_counts import counted


@pytest.fixture
def filed_ticket(make, session):
    dana, maya = make.user(make.organization("Globex"), "Dana Fields"), make.agent("Maya")
    ticket = make.ticket(dana)
    tags.change_tags(ticket, add=["fragile"], actor=maya)
    tickets.assign(ticket, maya, actor=maya)
    session.commit()
    number = ticket.id
    session.remove()
    return number


def load(ticket_id: int):
    """The ticket, its assignee and its rating from one row."""
    assignee = aliased(User)
    ticket_columns, rating_columns = LoadedColumns(Ticket, also=("tag_text",)), LoadedColumns(Rating)
    user_columns = LoadedColumns(User, assignee, without=("notes",))
    query = (
        select(*ticket_columns.columns, *user_columns.columns, *rating_columns.columns, Ticket.id)
        .outerjoin(assignee, assignee.id == Ticket.assignee_id)
        .outerjoin(Rating, Rating.ticket_id == Ticket.id)
        .where(Ticket.id == ticket_id)
    )
    ticket, others = ticket_columns.take(transactions.execute_core(query).one())
    user, others = user_columns.take(others)
    rating, others = rating_columns.take(others)
    relate(ticket, "assignee", user)
    return ticket, rating, others


def test_every_column_is_as_the_orm_loads_it(filed_ticket, session):
    ticket, rating, others = load(filed_ticket)
    names = [each.key for each in inspect(Ticket).column_attrs]
    with counted() as statements:
        made = [getattr(ticket, name) for name in names], ticket.tags, ticket.assignee.name
    assert statements == [] and rating is None and tuple(others) == (filed_ticket,)
    assert inspect(ticket).persistent and inspect(ticket.assignee).persistent and not session.dirty
    session.remove()
    loaded = session.get(Ticket, filed_ticket)
    assert loaded is not ticket
    assert made == ([getattr(loaded, name) for name in names], loaded.tags, loaded.assignee.name)


def test_what_was_left_out_is_loaded_when_it_is_read(filed_ticket, session):
    ticket, *_ = load(filed_ticket)
    assert ticket.assignee.notes == "" and ticket.requester.name == "Dana Fields" and len(ticket.messages) == 1


def test_its_changes_are_written(filed_ticket, session):
    ticket, *_ = load(filed_ticket)
    ticket.subject, ticket.assignee.notes = "Another", "A note"
    session.commit()
    session.remove()
    loaded = session.get(Ticket, filed_ticket)
    assert (loaded.subject, loaded.assignee.notes) == ("Another", "A note")


def test_an_object_that_is_there_keeps_what_is_loaded_of_it(filed_ticket, session):
    known = session.get(Ticket, filed_ticket)
    with session.no_autoflush:
        known.subject = "Not yet written"
        ticket, *_ = load(filed_ticket)
        assert ticket is known and ticket.subject == "Not yet written" and known in session.dirty
    session.commit()
    with counted() as statements:
        ticket, *_ = load(filed_ticket)
        assert ticket is known and ticket.subject == "Not yet written" and ticket.assignee.name == "Maya"
    assert len([each for each in statements if each.startswith("SELECT")]) == 1, "what had expired was in the row"


@pytest.mark.parametrize("for_team", [False, True])
def test_the_driver_of_postgresql_keeps_the_statements_that_it_converted(for_team):
    for statement in (sessions.SESSION_QUERY, ticket_lookup._ticket_query(for_team, "organization")):
        assert len(str(statement.compile(dialect=psycopg.dialect()))) <= 4096


def test_what_was_locked_has_the_values_of_the_row(filed_ticket, make, session):
    dana = session.get(Ticket, filed_ticket).requester
    initech = make.organization("Initech")
    assert dana.organization.name == "Globex"
    columns = LoadedColumns(User)
    query = select(*columns.columns).where(User.id == dana.id)
    with counted() as statements:
        assert columns.reload(transactions.execute_core(query).one()) is dana
        assert dana.organization.name == "Globex"
    assert len(statements) == 1
    session.execute(update(User.__table__).where(User.id == dana.id).values(organization_id=initech.id))
    assert columns.reload(transactions.execute_core(query).one()) is dana
    assert (dana.organization_id, dana.organization.name) == (initech.id, "Initech")
    assert not session.dirty
