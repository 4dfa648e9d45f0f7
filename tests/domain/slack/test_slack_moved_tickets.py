"""What is written below the card of a ticket that has left the customer of the channel: nothing goes with the ticket."""

import pytest

from helpdesk.domain.tickets import transfer
from helpdesk.models.message import Message
from tests import worker_helpers
from tests.domain.slack.conftest import GLOBEX, PRIYA, compare


@pytest.fixture
def move(filed_ticket, make, session):
    """Moves the ticket from Globex to another organization."""

    def move():
        session.rollback()
        other = make.organization("Umbra Labs", domain="umbralabs.example")
        transfer.transfer_ticket(filed_ticket, other, requester=make.user(other), actor=make.agent("Lena", role="lead"))
        session.commit()
        worker_helpers.drain(session)

    return move


@pytest.mark.parametrize("is_event_lost", [False, True])
@pytest.mark.parametrize("is_before", [False, True])
def test_an_agent_is_notified_once_that_it_reached_nobody(filed_ticket, day, session, move, is_event_lost, is_before):
    if not is_before:
        move()
    day.workspace.event_faults(lost=int(is_event_lost))
    root = day.workspace.posted(GLOBEX)[0]["ts"]
    day.workspace.say(PRIYA, GLOBEX, "It is the cable.", thread_ts=root)
    if is_before:
        move()
    day.work()
    for _ in range(2):
        compare(session)
    assert session.query(Message.body).filter(Message.body.contains("cable")).all() == []
    notices = [sent for sent in day.workspace.ephemerals(user=PRIYA) if "no longer belongs" in str(sent)]
    assert len(notices) == 1 and notices[0]["channel"] == GLOBEX
