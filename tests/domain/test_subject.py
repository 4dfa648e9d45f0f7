"""The team changes the subject of a ticket."""

import pytest
from sqlalchemy import select

from helpdesk.domain import labels
from helpdesk.domain.errors import ConflictError, PermissionDenied, ValidationError
from helpdesk.domain.tickets import subject
from helpdesk.models.event import Event
from tests.factories import find_tickets, signed_in_client
from tests.web import page_forms


@pytest.fixture
def ticket(make):
    return make.ticket(make.user(make.organization()), subject="Nonsense")


def test_it_is_found_by_the_new_words_only(session, make, ticket):
    maya = make.agent("Maya")
    subject.change_subject(ticket, "  The lift  is broken ", actor=maya, shown="Nonsense")
    session.commit()
    assert ticket.subject == "The lift is broken"
    assert find_tickets(maya, "lift") == [ticket.id] and find_tickets(maya, "nonsense") == []
    event = session.scalars(select(Event).where(Event.kind == "subject")).one()
    assert labels.describe_event(event) == "Maya changed the subject" and event.data == {}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_may_change_it_and_to_what(make, ticket):
    maya = make.agent()
    with pytest.raises(PermissionDenied):
        subject.change_subject(ticket, "Lift", actor=ticket.requester)
    for wrong in ("", " ", "x" * 201):
        with pytest.raises(ValidationError):
            subject.change_subject(ticket, wrong, actor=maya)
    with pytest.raises(ConflictError):
        subject.change_subject(ticket, "Lift", actor=maya, shown="What it was before")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_page_keeps_what_was_typed(app, session, make, ticket):
    client, path = signed_in_client(app, make.agent()), f"/tickets/{ticket.id}/subject"
    form = next(f for f in page_forms.forms_of(page_forms.parse(client.get(path)), path) if f.action == path)
    values = {control.name: control.values[0] for control in form.controls if control.values}
    refused = page_forms.submit(client, form, values | {"subject": "y" * 300})
    assert refused.status_code == 422 and "y" * 300 in refused.text
    assert page_forms.submit(client, form, values | {"subject": "Lift"}).status_code == 303
    assert page_forms.submit(client, form, values | {"subject": "Late"}).status_code == 409
    session.refresh(ticket)
    assert ticket.subject == "Lift"
