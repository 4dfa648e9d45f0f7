"""An answer below a card that has arrived in Slack before we know it: it waits until we do, and is not thrown away."""

import pytest

from helpdesk.demo import personas
from helpdesk.domain import inbox
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from tests import worker_helpers

TOMAS = "U0TOMAS0001"


@pytest.fixture
def settings(workspace, mailbox):
    return worker_helpers.settings(workspace, mailbox)


@pytest.fixture
def in_doubt(make, session, workspace):
    """A ticket whose card is in triage, though the answer to our posting it was lost."""
    make.channel(personas.TRIAGE_CHANNEL_ID)
    make.agent("Tomas", email="tomas@support.northwind.example", slack_user_id=TOMAS)
    globex = make.organization("Globex", domain="globex.example", slack="C0GLOBEX001")
    workspace.misbehave("chat.postMessage", "reset_after", times=1, channel=personas.TRIAGE_CHANNEL_ID)
    ticket = make.ticket(make.user(globex, "Dana", email="dana@globex.example"))
    worker_helpers.drain(session)
    return ticket


def answer(workspace, session, root: str, text: str) -> None:
    workspace.say(TOMAS, personas.TRIAGE_CHANNEL_ID, text, thread_ts=root)
    worker_helpers.receive_events(session, workspace)
    worker_helpers.drain(session)


def bodies(session, ticket) -> list[str]:
    return [
        body for (body,) in session.query(Message.body).filter(Message.ticket_id == ticket.id).order_by(Message.seq)
    ][1:]


def test_an_answer_below_it_is_taken_once_we_know_the_card(in_doubt, session, workspace):
    answer(workspace, session, workspace.posted(personas.TRIAGE_CHANNEL_ID)[0]["ts"], "unmistakable")
    assert bodies(session, in_doubt) == []
    for _ in range(3):
        worker_helpers.advance_time(session)
        worker_helpers.drain(session)
    assert bodies(session, in_doubt) == ["unmistakable"]


def test_what_hangs_below_something_older_does_not_wait(in_doubt, session, workspace):
    inside = {"type": "event_callback", "team_id": personas.TEAM_ID, "api_app_id": personas.APP_ID}
    event = {"type": "message", "user": TOMAS, "channel": personas.TRIAGE_CHANNEL_ID, "text": "lunch?"}
    inbox.store_event("slack", "EvOld", inside | {"event": event | {"ts": "1700000000.2", "thread_ts": "1700000000.1"}})
    session.commit()
    worker_helpers.drain(session)
    assert session.query(InboundEvent.state).filter_by(external_id="EvOld").scalar() == "ignored"
