"""Who may be added as a follower, and that refusals reveal no names."""

import pytest
import time_machine

from helpdesk import clock
from helpdesk.domain import tickets
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import permissions


@pytest.fixture(params=["sqlite"])
def database_url(fresh_sqlite):
    return fresh_sqlite


def test_customer_cannot_add_team_or_other_organizations_as_followers(make):
    """Trying one number after the other must not tell who works here, or elsewhere."""
    dana = make.user(make.organization())
    ticket = make.ticket(dana)
    for other in (make.agent(), make.agent(role="admin"), make.user(make.organization()), make.user()):
        with pytest.raises(ValidationError, match="Only people of the same organization"):
            tickets.add_follower(ticket, other, actor=dana)
        assert not permissions.is_follower(other, ticket)


def test_requester_of_own_tickets_only_cannot_add_followers(make):
    globex = make.organization()
    dana, colleague = make.user(globex, ticket_visibility="own"), make.user(globex)
    ticket = make.ticket(dana)
    with pytest.raises(ValidationError):
        tickets.add_follower(ticket, colleague, actor=dana)
    assert not permissions.is_follower(colleague, ticket)


def test_customers_add_colleagues_and_agents_add_agents(make):
    globex = make.organization()
    dana, colleague, maya = make.user(globex), make.user(globex), make.agent()
    ticket = make.ticket(dana)
    tickets.add_follower(ticket, colleague, actor=dana)
    tickets.add_follower(ticket, maya, actor=maya)
    assert permissions.is_follower(colleague, ticket) and permissions.is_follower(maya, ticket)


def test_refused_follower_gets_the_same_response_whoever_it_is(make, browser_of):
    """Another organization's person, one of the team, one deactivated, and one who never was."""
    from tests.web.route_world import csrf_of

    dana = make.user(make.organization())
    number = make.ticket(dana).number
    outsiders = [make.user(make.organization()).id, make.agent().id, 999_999]
    client = browser_of(dana)
    token = csrf_of(client)
    address = f"/tickets/{number}/followers"
    with time_machine.travel(clock.now(), tick=False):  # the page says how long ago something was
        answers = [client.post(address, data={"csrf_token": token, "user": id}) for id in outsiders]
    assert {answer.status_code for answer in answers} == {422}
    assert len({answer.text for answer in answers}) == 1
