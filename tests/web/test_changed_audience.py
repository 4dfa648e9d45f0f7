"""A ticket gets other readers while an agent writes: the reply is not sent before the agent knows."""

import pytest
from sqlalchemy import select

from helpdesk.domain import tickets
from helpdesk.domain.tickets import followers, merging, requester, transfer
from helpdesk.models.message import Message
from tests.web.pages import parse_page

CHANGED = "Who will see this has changed"


@pytest.fixture
def world(make, session):
    """A ticket of Dana at Globex, and Nadia at Initech."""
    dana, nadia = (
        make.user(make.organization(name), person) for name, person in (("Globex", "Dana"), ("Initech", "Nadia"))
    )
    return make.ticket(dana), dana, nadia


def fields(page):
    names = ("csrf_token", "form_token", "seen")
    return {name: field["value"] for name in names if (field := page.select_one(f"#composer [name={name}]"))}


def sent(session):
    session.rollback()
    return list(session.scalars(select(Message.ticket_id).where(Message.body == "For Globex alone.")))


def merge(ticket, nadia, make, actor):
    merging.merge_tickets(ticket, make.ticket(make.user(ticket.organization)), actor=actor)


@pytest.mark.parametrize(
    "change",
    [
        lambda ticket, nadia, make, actor: transfer.transfer_ticket(
            ticket, nadia.organization, requester=nadia, actor=actor
        ),
        lambda ticket, nadia, make, actor: followers.add_follower(ticket, make.user(ticket.organization), actor=actor),
        lambda ticket, nadia, make, actor: requester.change_requester(
            ticket, make.user(ticket.organization), actor=actor
        ),
        merge,
    ],
    ids=["moved", "followed", "requester", "merged"],
)
def test_a_reply_to_others_than_the_page_said_is_sent_after_a_question(change, world, make, session, browser_of):
    ticket, _, nadia = world
    agent, colleague = make.agent("Maya"), make.agent("Tomás")
    client, path = browser_of(agent), f"/tickets/{ticket.number}/replies"
    form = fields(parse_page(client.get(f"/tickets/{ticket.number}"))) | {"body": "For Globex alone."}
    change(ticket, nadia, make, colleague)
    session.commit()
    asked = parse_page(client.post(path, data=form), 422)
    assert CHANGED in asked.select_one("#composer .notice").text and not sent(session)
    assert asked.select_one("#composer textarea").text.strip() == "For Globex alone."
    assert client.post(path, data=fields(asked) | {"body": "For Globex alone."}).status_code == 303
    assert len(sent(session)) == 1


def test_nobody_is_asked_about_what_they_did_or_what_changes_no_reader(world, make, session, browser_of):
    ticket, dana, _ = world
    agent = make.agent("Maya")
    client, path = browser_of(agent), f"/tickets/{ticket.number}/replies"
    form = fields(parse_page(client.get(f"/tickets/{ticket.number}"))) | {"body": "For Globex alone."}
    followers.add_follower(ticket, make.user(dana.organization), actor=agent)
    tickets.assign(ticket, agent, actor=make.agent("Tomás"))
    session.commit()
    assert client.post(path, data=form).status_code == 303
    assert sent(session) == [ticket.id]
    assert client.post(path, data=form).status_code == 303  # the same again, as after a lost answer
    assert sent(session) == [ticket.id]
