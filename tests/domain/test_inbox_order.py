"""Events in the order of the other side, and one that cannot be understood holds up nobody for long."""

import pytest

from helpdesk import config
from helpdesk.channels.slack import handlers
from helpdesk.demo import personas
from helpdesk.domain import inbox
from helpdesk.domain.inbox import process
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from tests import time_travel, worker_helpers

TOMAS = "U0TOMAS0001"
TRIAGE = personas.TRIAGE_CHANNEL_ID


@pytest.fixture
def settings(workspace, mailbox):
    return worker_helpers.settings(workspace, mailbox) | {"INBOX_ORDER_WAIT": 0.5}


@pytest.fixture
def root(make, session, workspace):
    """The ts of a ticket's card in the triage channel."""
    make.channel(TRIAGE)
    make.agent("Tomas", email="tomas@support.northwind.example", slack_user_id=TOMAS)
    make.ticket(make.user(make.organization("Globex", domain="globex.example"), "Dana"))
    worker_helpers.drain(session)
    return workspace.posted(TRIAGE)[0]["ts"]


def say(workspace, root, text):
    """Let Tomas write in the ticket's thread. Returns the event, as Slack sends it."""
    workspace.say(TOMAS, TRIAGE, text, thread_ts=root)
    return workspace.events.log[-1].body


def receive(session, *events):
    for event in events:
        inbox.store_event("slack", event["event_id"], event)
    session.commit()


def bodies(session):
    session.expire_all()
    return [body for (body,) in session.query(Message.body).order_by(Message.seq)][1:]


def test_messages_that_arrive_in_another_order_are_shown_in_slacks(session, workspace, root):
    first, second, third = (say(workspace, root, text) for text in ("one", "two", "three"))
    receive(session, third, first, second)
    worker_helpers.drain(session)
    assert bodies(session) == [], "each waits a moment for earlier ones"
    time_travel.advance(config.current().INBOX_ORDER_WAIT + 0.1)
    worker_helpers.drain(session)
    assert bodies(session) == ["one", "two", "three"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_cannot_be_understood_delays_its_thread_by_seconds(session, workspace, root, monkeypatch):
    bad, good = say(workspace, root, "cannot be understood"), say(workspace, root, "the next one")
    apply = handlers.apply

    def fail(context):
        if any("cannot be understood" in getattr(event, "body", "") for event in context.events):
            raise ZeroDivisionError
        return apply(context)

    monkeypatch.setattr(handlers, "apply", fail)
    receive(session, bad, good)
    seconds = 0
    while not bodies(session):
        worker_helpers.drain(session)
        time_travel.advance(0.5)
        seconds += 0.5
        assert seconds < 10
    assert bodies(session) == ["the next one"]
    monkeypatch.undo()
    worker_helpers.advance_time(session, 60)
    worker_helpers.drain(session)
    assert sorted(bodies(session)) == ["cannot be understood", "the next one"], "it is tried on"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_never_understood_fails_in_the_end_and_is_kept(session, workspace, root, monkeypatch):
    receive(session, say(workspace, root, "cannot be understood"))
    monkeypatch.setattr(handlers, "apply", lambda _: 1 / 0)
    for _ in range(process.MAX_ERRORS):
        worker_helpers.advance_time(session, 1000)
        worker_helpers.drain(session)
    row = session.query(InboundEvent).order_by(InboundEvent.id.desc()).first()
    assert (row.state, row.errors, bool(row.payload)) == ("failed", process.MAX_ERRORS, True)
