"""The reconciler while Slack answers badly: one thread that cannot be read does not stop others from being compared."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk import clock
from helpdesk.channels.slack import sync
from helpdesk.channels.slack.api import directory
from helpdesk.demo import personas
from helpdesk.domain.inbox import process
from helpdesk.models.channel import Channel
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from tests import worker_helpers
from tests.domain.slack.conftest import PRIYA


def test_a_thread_that_cannot_be_read_keeps_no_other_waiting(filed_ticket, day, session, make):
    other = make.ticket(filed_ticket.requester, subject="Another one")
    worker_helpers.drain(session)
    roots = [message["ts"] for message in day.workspace.posted(personas.TRIAGE_CHANNEL_ID)]
    day.workspace.event_faults(lost=1)
    for number, root in enumerate(roots):
        day.workspace.say(PRIYA, personas.TRIAGE_CHANNEL_ID, f"missed {number}", thread_ts=root)
    day.workspace.event_faults()
    for channel in session.query(Channel):
        channel.synced_at = None if channel.external_id == personas.TRIAGE_CHANNEL_ID else clock.now()
    session.commit()
    day.workspace.misbehave("conversations.replies", "500_before", times=1)
    worker_helpers.run_job(lambda _: sync.sync_channels(), 0)
    worker_helpers.drain(session)
    missed = session.query(Message.body).filter(
        Message.ticket_id.in_((filed_ticket.id, other.id)), Message.body.startswith("missed")
    )
    assert missed.count() == 1


def turn(session) -> None:
    """One turn of the reconciler in triage, and what follows from it."""
    for channel in session.query(Channel):
        channel.synced_at = None if channel.external_id == personas.TRIAGE_CHANNEL_ID else clock.now()
    session.commit()
    worker_helpers.run_job(lambda _: sync.sync_channels(), 0)
    worker_helpers.drain(session)


def bodies(session) -> list[str]:
    session.expire_all()
    return [body for (body,) in session.query(Message.body)]


@pytest.fixture
def crowd(filed_ticket, day, session, make, monkeypatch):
    """More tickets than one turn reads, each with an agent's message below its card.

    The event of the first message was missed, and the newest ticket has changed last.
    """
    monkeypatch.setattr(sync, "MAX_THREADS", 2)
    tickets = [
        filed_ticket,
        *(make.ticket(filed_ticket.requester, subject=f"Number {number}") for number in range(1, 5)),
    ]
    worker_helpers.drain(session)
    roots = [message["ts"] for message in day.workspace.posted(personas.TRIAGE_CHANNEL_ID)]
    day.workspace.event_faults(lost=1)
    day.workspace.say(PRIYA, personas.TRIAGE_CHANNEL_ID, "missed below the first", thread_ts=roots[0])
    day.workspace.event_faults()
    for number, root in enumerate(roots):
        day.workspace.say(PRIYA, personas.TRIAGE_CHANNEL_ID, f"heard {number}", thread_ts=root)
    day.work()
    assert sum(body.startswith("heard") for body in bodies(session)) == len(tickets)
    assert "missed below the first" not in bodies(session)
    return tickets


def test_a_word_missed_before_others_that_were_heard_is_found_by_how_many_there_are(crowd, session):
    turn(session)
    assert bodies(session).count("missed below the first") == 1


def test_every_thread_has_its_turn_however_many_there_are(crowd, session, monkeypatch):
    monkeypatch.setattr(sync, "MAX_CHANGED_THREADS", 0)
    for _ in range(3):
        turn(session)
    assert bodies(session).count("missed below the first") == 1


@pytest.mark.parametrize("kind", ["ratelimited", "500_before"])
def test_a_channel_with_more_pages_than_slack_gives_is_compared_from_its_newest_on(
    filed_ticket, day, session, make, monkeypatch, kind
):
    """Slack gives about 50 pages of conversations.history a minute (docs.slack.dev/apis/web-api/rate-limits)."""
    monkeypatch.setattr(sync, "PAGE_SIZE", 1)
    make.ticket(filed_ticket.requester, subject="Another one")
    worker_helpers.drain(session)
    roots = [message["ts"] for message in day.workspace.posted(personas.TRIAGE_CHANNEL_ID)]
    day.workspace.event_faults(lost=1)
    day.workspace.say(PRIYA, personas.TRIAGE_CHANNEL_ID, "missed", thread_ts=max(roots))
    day.workspace.event_faults()
    day.workspace.misbehave("conversations.history", kind, times=None, skip=1, channel=personas.TRIAGE_CHANNEL_ID)
    turn(session)
    assert bodies(session).count("missed") == 1


def test_what_was_said_waits_for_an_outage_however_often_it_is_tried(filed_ticket, day, session):
    day.say(PRIYA, "known already")
    day.workspace.revoke()
    directory.clear_cache()
    day.say(PRIYA, "unmistakable")
    for _ in range(process.MAX_ERRORS + 2):
        worker_helpers.advance_time(session)
        worker_helpers.drain(session)
    row = session.scalars(select(InboundEvent).order_by(InboundEvent.id.desc())).first()
    assert row.state == "waiting" and row.attempts > process.MAX_ERRORS
    assert row.due_at <= clock.now() + timedelta(seconds=process.MAX_OUTAGE_DELAY_SECONDS)
    day.workspace.unrevoke()
    directory.clear_cache()
    worker_helpers.advance_time(session)
    worker_helpers.drain(session)
    assert ("reply", "unmistakable") in day.words()
