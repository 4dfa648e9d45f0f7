"""What is written in Slack and what becomes of it, through the demo's own events."""

import pytest

from helpdesk import config
from helpdesk.demo import personas
from helpdesk.domain import inbox
from helpdesk.domain.inbox import process
from helpdesk.domain.inbox.channel import get_two_way_channel
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from tests import time_travel, worker_helpers

PRIYA, ELLEN, DANA = "U0PRIYA0001", "U0ELLEN0001", "U0DANA00001"


@pytest.fixture
def settings(workspace, mailbox):
    return worker_helpers.settings(workspace, mailbox)


@pytest.fixture
def filed_ticket(make, session):
    """A ticket of Globex whose cards are in Slack."""
    make.channel(personas.TRIAGE_CHANNEL_ID)
    globex = make.organization("Globex", domain="globex.example", slack="C0GLOBEX001")
    make.agent("Priya Raman", email="priya@support.northwind.example")
    ticket = make.ticket(make.user(globex, "Dana", email="dana@globex.example"))
    worker_helpers.drain(session)
    return ticket


@pytest.fixture
def say(workspace, session):
    """``say(who, text)`` in the ticket's thread, received and processed."""

    def say(user, text, channel=personas.TRIAGE_CHANNEL_ID, times=1):
        root = workspace.posted(channel)[0]["ts"]
        ts = workspace.say(user, channel, text, thread_ts=root)
        for _ in range(times):
            worker_helpers.receive_events(session, workspace)
            worker_helpers.drain(session)
        return ts

    return say


def words(session):
    return [(m.kind, m.body) for m in session.query(Message).order_by(Message.id)][1:]


def test_an_agents_answer_in_the_thread_becomes_a_reply_and_goes_to_the_other_thread(
    filed_ticket, session, say, workspace
):
    say(PRIYA, "We are *on it*.")
    assert words(session) == [("reply", "We are **on it**.")]
    other = workspace.replies("C0GLOBEX001", workspace.posted("C0GLOBEX001")[0]["ts"])
    assert "on it" in str(other[-1])


def test_it_does_not_come_back_to_where_it_was_said(filed_ticket, session, say, workspace):
    say(PRIYA, "Once only.")
    worker_helpers.receive_events(session, workspace)
    worker_helpers.drain(session)
    thread = workspace.replies(personas.TRIAGE_CHANNEL_ID, workspace.posted(personas.TRIAGE_CHANNEL_ID)[0]["ts"])
    assert sum("Once only" in str(message) for message in thread) == 1
    assert len(words(session)) == 1


def test_the_same_event_sent_again_is_taken_once(filed_ticket, session, say):
    say(PRIYA, "Once only.", times=3)
    assert len(words(session)) == 1


def test_a_message_that_begins_with_note_stays_inside(filed_ticket, session, say, workspace, mailbox):
    say(PRIYA, "note: they never paid")
    assert words(session) == [("note", "they never paid")]
    assert "never paid" not in str(workspace.replies("C0GLOBEX001", workspace.posted("C0GLOBEX001")[0]["ts"]))


def test_the_author_learns_at_once_who_sees_it(filed_ticket, say, workspace, session):
    ts = say(PRIYA, "Hello there.")
    worker_helpers.advance_time(session, 1)
    worker_helpers.drain(session)
    assert "incoming_envelope" in str(workspace.message(personas.TRIAGE_CHANNEL_ID, ts).get("reactions"))
    assert "Make internal" in str(workspace.ephemerals(user=PRIYA))


def test_a_colleague_who_is_no_agent_learns_that_nothing_was_sent(filed_ticket, session, say, workspace):
    say(ELLEN, "I think it is fine.")
    assert words(session) == []
    assert workspace.ephemerals(user=ELLEN)


def test_the_customer_in_their_own_channel_speaks_as_themselves(filed_ticket, session, say):
    say(DANA, "It still burns.", channel="C0GLOBEX001")
    message = session.query(Message).order_by(Message.id.desc()).first()
    assert (message.body, message.author.email, message.from_team) == ("It still burns.", "dana@globex.example", False)


def test_an_edit_and_a_deletion_follow(filed_ticket, session, say, workspace):
    ts = say(PRIYA, "wrongword")
    workspace.edit(PRIYA, personas.TRIAGE_CHANNEL_ID, ts, "rightword")
    worker_helpers.receive_events(session, workspace)
    worker_helpers.drain(session)
    assert words(session) == [("reply", "rightword")]
    workspace.delete(PRIYA, personas.TRIAGE_CHANNEL_ID, ts)
    worker_helpers.receive_events(session, workspace)
    worker_helpers.drain(session)
    message = session.query(Message).order_by(Message.id.desc()).first()
    assert (message.body, message.deleted_at is not None) == ("", True)


def test_eyes_take_the_card_and_a_check_mark_solves_it(filed_ticket, session, workspace):
    root = workspace.posted(personas.TRIAGE_CHANNEL_ID)[0]["ts"]
    for name in ("eyes", "white_check_mark"):
        workspace.react(PRIYA, personas.TRIAGE_CHANNEL_ID, root, name)
        worker_helpers.receive_events(session, workspace)
        worker_helpers.drain(session)
    session.refresh(filed_ticket)
    assert (filed_ticket.status, filed_ticket.assignee.name) == ("solved", "Priya Raman")


def test_what_cannot_be_understood_waits_and_is_tried_again(filed_ticket, session, workspace, say):
    workspace.misbehave("users.info", "500_before", times=1)
    say(PRIYA, "Slack would not say who I am.")
    assert session.query(InboundEvent).filter_by(state="waiting").count() == 1
    worker_helpers.advance_time(session)
    worker_helpers.drain(session)
    assert words(session) == [("reply", "Slack would not say who I am.")]


def test_accepting_twice_writes_one_row(app, session):
    payload = {"event": {"type": "message", "channel": "C1", "ts": "1.1"}}
    assert [inbox.store_event("slack", "Ev1", payload), inbox.store_event("slack", "Ev1", payload)] == [True, False]


def test_a_claim_that_was_lost_does_nothing(filed_ticket, session, workspace):
    """A worker whose lease ended meanwhile leaves the row to whoever claimed it since."""
    workspace.say(
        PRIYA,
        personas.TRIAGE_CHANNEL_ID,
        "unmistakable",
        thread_ts=workspace.posted(personas.TRIAGE_CHANNEL_ID)[0]["ts"],
    )
    assert worker_helpers.receive_events(session, workspace) == 1
    id = session.query(InboundEvent.id).filter(InboundEvent.state == "waiting").scalar()
    session.rollback()
    lost = worker_helpers.run_job(process._claim_event, id)
    time_travel.advance(config.current().DELIVERY_LEASE + 1)
    worker_helpers.run_job(lambda _: inbox.release_expired_leases(), 0)
    assert worker_helpers.run_job(process._claim_event, id).attempt == lost.attempt + 1

    def apply_lost(_):
        slack = get_two_way_channel("slack")
        return process._apply_event(lost, slack, slack.fetch_context(lost.payload, lost.raw))

    assert worker_helpers.run_job(apply_lost, 0) == []
    assert session.get(InboundEvent, id).state == "working"
    assert session.query(Message).filter_by(body="unmistakable").count() == 0
