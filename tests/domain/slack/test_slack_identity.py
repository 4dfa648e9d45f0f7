"""Who belongs to the team and who is a customer, as Slack names people of Slack Connect and Enterprise
organizations.
"""

import pytest

from helpdesk.channels.slack.api import directory
from helpdesk.channels.slack.parse import envelopes
from helpdesk.channels.slack.parse.event_types import MessageEvent
from helpdesk.channels.slack.parse.events import BotIdentity
from helpdesk.demo import personas
from helpdesk.models.channel import Channel
from helpdesk.models.user import User
from tests.domain.slack.conftest import INES, UMBRA, VIKTOR

OURSELVES = BotIdentity("T1", "A1")
GRID = BotIdentity("T1", "A1", enterprise_id="E1")


def person(**values):
    return directory.Profile("U1", "Somebody", **values)


def event(**values):
    return MessageEvent(external_id="1.1", author_id="U1", channel_id="C1", **values)


@pytest.mark.parametrize(
    ("profile", "ourselves", "heard", "expected"),
    [
        (person(team_id="T1"), OURSELVES, None, True),
        (person(team_id="T2"), OURSELVES, None, False),  # Slack Connect
        (person(team_id="T2"), OURSELVES, event(user_team="T1", is_internal=True), False),
        (person(team_id="T2", is_stranger=True), OURSELVES, None, False),
        (person(team_id="T2", enterprise_id="E2", enterprise_teams=("T2",)), GRID, None, False),
        (person(enterprise_id="E1", enterprise_teams=("T1", "T3")), GRID, None, True),  # no team_id
        (person(team_id="T3", enterprise_id="E1", enterprise_teams=("T3", "T1")), GRID, None, True),  # home workspace
        (person(team_id="T3"), GRID, event(user_team="E1"), True),
        (person(team_id="T3"), GRID, event(is_internal=True), True),
        (person(team_id="T3"), GRID, event(user_team="T3"), False),
        (person(team_id="T3"), GRID, None, False),
        (person(), OURSELVES, event(user_team="T1"), True),
        (person(), OURSELVES, event(is_internal=True), True),
        (person(), OURSELVES, event(user_team="T2"), False),
        (person(), OURSELVES, None, False),
        (person(team_id=""), BotIdentity(), event(is_internal=True), False),
    ],
)
def test_our_own_people_are_known_by_workspace_and_organization_only(profile, ourselves, heard, expected):
    assert directory.is_own(profile, ourselves, heard) is expected


@pytest.mark.parametrize("field", ["is_restricted", "is_bot", "deleted", "is_stranger"])
def test_a_guest_a_bot_and_a_deactivated_person_are_no_full_members(field):
    assert not directory.is_full_member(person(team_id="T1", **{field: True}), OURSELVES)


@pytest.mark.parametrize(
    "payload",
    [
        {"team_id": "T9", "context_enterprise_id": "E1"},
        {"team_id": "T9", "authorizations": [{"team_id": None, "enterprise_id": "E1"}]},
        {"team": {"id": "T9", "enterprise_id": "E1"}},
        {"enterprise": {"id": "E1"}, "team": None},
        {"team_id": "T9", "context_team_id": "T1"},
    ],
)
def test_requests_of_another_workspace_of_our_organization_are_ours(payload):
    assert envelopes.is_for_us(payload, None, "T1", "E1")
    assert not envelopes.is_for_us({"team_id": "T9", "context_enterprise_id": "E9"}, None, "T1", "E1")


@pytest.mark.parametrize("who", [INES, VIKTOR])
def test_customers_of_a_shared_channel_are_heard(shared, day, who):
    day.say(who, "It drifts to the left.", channel=UMBRA)
    assert (day.last().body, day.last().from_team) == ("It drifts to the left.", False)


def test_a_customer_is_heard_also_where_the_news_that_the_channel_is_shared_was_lost(shared, day, session):
    session.query(Channel).filter_by(external_id=UMBRA).one().is_shared = False
    session.commit()
    day.say(INES, "It drifts.", channel=UMBRA, files=[("log.txt", b"drift", "text/plain")])
    assert [each.state for each in day.last().attachments] == ["stored"]
    assert session.query(Channel).filter_by(external_id=UMBRA).one().is_shared


def test_a_customer_with_an_agents_address_is_no_agent(shared, day, make):
    make.agent("Maya", email="maya@support.northwind.example")
    day.workspace.state.users[INES]["profile"]["email"] = "maya@support.northwind.example"
    day.say(INES, "I am an agent.", channel=UMBRA)
    assert day.words() == []


@pytest.mark.parametrize(
    ("user", "home"), [("W0GRETA0001", ""), ("W0GRETA0002", "T0ELSEWHERE"), ("U0GRETA0003", personas.TEAM_ID)]
)
def test_agents_of_an_enterprise_organization_write_press_and_react(filed_ticket, day, make, session, user, home):
    agent = make.agent("Greta", email="greta@support.northwind.example")
    session.commit()
    directory.clear_cache()
    day.workspace.join_enterprise("E0NORTHWIND")
    day.workspace.add_enterprise_user(user, "Greta", agent.email, home=home)
    day.do("invite", personas.TRIAGE_CHANNEL_ID, user)
    day.say(user, "note: from the grid")
    assert day.words() == [("note", "from the grid")]
    day.press(user, "take_it")
    session.expire_all()
    assert filed_ticket.assignee_id == agent.id
    day.do("command", user, personas.TRIAGE_CHANNEL_ID, "/ticket", "mine")
    assert f"#{filed_ticket.number}" in day.ephemeral_texts(user)
    assert session.get(User, agent.id).slack_user_id == user
