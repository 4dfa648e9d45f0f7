"""A ticket for another person of the same organization."""

import pytest
from sqlalchemy import select

from helpdesk.domain import labels, tickets
from helpdesk.domain.errors import PermissionDenied, ValidationError
from helpdesk.domain.people import permissions
from helpdesk.models.event import Event
from helpdesk.models.thread import Thread
from tests.factories import signed_in_client
from tests.web import page_forms


@pytest.fixture
def team(make):
    globex = make.organization("Globex")
    ann, bo = make.user(globex, "Ann", ticket_visibility="own"), make.user(globex, "Bo", ticket_visibility="own")
    return ann, bo, make.agent("Maya"), make.ticket(ann)


def mailed(session, ticket) -> set[int]:
    return set(session.scalars(select(Thread.user_id).where(Thread.ticket_id == ticket.id, Thread.ended_at.is_(None))))


def test_the_new_requester_sees_it_and_the_former_follows(session, team):
    ann, bo, maya, ticket = team
    tickets.change_requester(ticket, bo, actor=maya)
    session.commit()
    assert permissions.can_see(bo, ticket) and permissions.can_see(ann, ticket)
    assert mailed(session, ticket) == {ann.id, bo.id}
    event = session.scalars(select(Event).where(Event.kind == "requester")).one()
    assert labels.describe_event(event) == "Maya made Bo the requester instead of Ann"


def test_a_former_requester_who_does_not_follow_sees_and_gets_nothing_more(session, team):
    ann, bo, maya, ticket = team
    tickets.add_follower(ticket, bo, actor=maya)
    tickets.change_requester(ticket, bo, actor=maya, former_follows=False)
    session.commit()
    assert not permissions.can_see(ann, ticket) and not permissions.is_follower(bo, ticket)
    assert mailed(session, ticket) == {bo.id}


def test_only_the_team_chooses_and_only_somebody_of_the_organization(session, team, make):
    ann, bo, maya, ticket = team
    with pytest.raises(PermissionDenied):
        tickets.change_requester(ticket, bo, actor=ann)
    for wrong in (maya, make.user(make.organization())):
        with pytest.raises(ValidationError):
            tickets.change_requester(ticket, wrong, actor=maya)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_two_agents_at_once_do_not_overwrite_each_other(app, session, team, make):
    ann, bo, maya, ticket = team
    cy = make.user(ann.organization, "Cy")
    client = signed_in_client(app, maya)
    path = f"/tickets/{ticket.id}/requester"
    form = next(f for f in page_forms.forms_of(page_forms.parse(client.get(path)), path) if f.action == path)
    first = page_forms.submit(client, form, form.sent_values() | {"requester": str(bo.id)})
    second = page_forms.submit(client, form, form.sent_values() | {"requester": str(cy.id)})
    assert (first.status_code, second.status_code) == (303, 409) or first.status_code == 302
    assert "Somebody else changed the requester meanwhile" in second.text
    session.expire_all()
    assert ticket.requester_id == bo.id
