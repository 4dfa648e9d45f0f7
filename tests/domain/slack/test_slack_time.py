"""Slack's time and Slack's memory: a clock of ours that is off, metadata that is missing, messages that
retention took.
"""

import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from helpdesk import clock, config
from helpdesk.channels.slack.api import slack_clock
from helpdesk.demo import personas
from helpdesk.domain import metrics, tickets
from helpdesk.domain.monitoring import health
from helpdesk.domain.outbox import look_up_counts
from helpdesk.models.channel import Channel
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread
from tests import worker_helpers
from tests.domain.slack.conftest import PRIYA, compare

TRIAGE = personas.TRIAGE_CHANNEL_ID
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def measured_clock():
    """Each test measures the offset anew."""
    slack_clock.record_answer({"Date": datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")})
    yield
    slack_clock._measured_at, slack_clock._offset = None, timedelta(0)


def set_clock_wrong(monkeypatch, seconds):
    """Let our clock be off, and Slack's be right."""
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + timedelta(seconds=seconds))


def let_time_pass(session, times=4):
    for _ in range(times):
        worker_helpers.advance_time(session, 120)
        worker_helpers.drain(session)


def remove_metadata(workspace, channel=TRIAGE):
    """Let Slack have lost the metadata of every message."""
    for message in workspace.state.channels[channel].messages.values():
        message.pop("metadata", None)


@pytest.mark.parametrize("seconds", [600, -600, 3 * 3600, -3 * 3600])
def test_a_clock_that_is_off_doubles_no_reply_and_no_card(filed_ticket, make, session, workspace, monkeypatch, seconds):
    set_clock_wrong(monkeypatch, seconds)
    workspace.misbehave("chat.postMessage", "reset_after", times=2, channel=TRIAGE)
    tickets.reply(filed_ticket, author=filed_ticket.requester, body="unmistakable")
    make.ticket(filed_ticket.requester, subject="Another card")
    let_time_pass(session)
    roots = workspace.posted(TRIAGE)
    said = [message["text"] for root in roots for message in workspace.replies(TRIAGE, root["ts"])]
    assert sum("unmistakable" in text for text in said) == 1
    assert sum("Another card" in str(root) for root in roots) == 1


@pytest.mark.parametrize("seconds", [600, -600])
def test_an_answer_below_a_card_in_doubt_waits_whatever_our_clock_says(
    filed_ticket, make, session, workspace, monkeypatch, seconds
):
    set_clock_wrong(monkeypatch, seconds)
    workspace.misbehave("chat.postMessage", "reset_after", times=1, channel=TRIAGE)
    make.ticket(filed_ticket.requester, subject="Another card")
    worker_helpers.drain(session)
    root = next(root["ts"] for root in workspace.posted(TRIAGE) if "Another card" in str(root))
    workspace.say(PRIYA, TRIAGE, "the answer", thread_ts=root)
    worker_helpers.receive_events(session, workspace)
    let_time_pass(session)
    assert session.query(Message).filter_by(body="the answer").count() == 1


def test_a_request_signed_by_slack_is_taken_although_our_clock_is_off(app, day, session, monkeypatch):
    body = json.dumps({"type": "url_verification", "challenge": "taken"}).encode()

    def post(stamp):
        secret = config.current().SLACK_SIGNING_SECRET.encode()
        signed = hmac.new(secret, b"v0:%d:" % stamp + body, hashlib.sha256).hexdigest()
        headers = {"X-Slack-Request-Timestamp": str(stamp), "X-Slack-Signature": f"v0={signed}"}
        return app.test_client().post(
            "/hooks/slack/events", data=body, headers=headers, content_type="application/json"
        )

    now = int(time.time())
    set_clock_wrong(monkeypatch, 900)
    slack_clock._measured_at = None
    assert post(now).data == b"taken"
    assert post(now - 1000).status_code == 401, "an old request again is not Slack"
    slack_clock._measured_at = None
    assert post(now - 1000).status_code == 401


def test_a_post_without_metadata_is_recognised_by_author_text_and_time(filed_ticket, session, workspace):
    workspace.misbehave("chat.postMessage", "reset_after", times=1, channel=TRIAGE)
    tickets.reply(filed_ticket, author=filed_ticket.requester, body="unmistakable 🙂 <https://example.com|here>")
    session.commit()
    worker_helpers.drain(session)
    remove_metadata(workspace)
    let_time_pass(session)
    root = workspace.posted(TRIAGE)[0]
    assert len(workspace.replies(TRIAGE, root["ts"])) == 2


def test_the_same_words_said_before_are_not_taken_for_the_post_in_doubt(filed_ticket, session, workspace):
    for _ in range(2):
        tickets.reply(filed_ticket, author=filed_ticket.requester, body="ok")
        session.commit()
        worker_helpers.drain(session)
        remove_metadata(workspace)
        workspace.misbehave("chat.postMessage", "500_before", times=1, channel=TRIAGE)
    let_time_pass(session)
    root = workspace.posted(TRIAGE)[0]
    assert len(workspace.replies(TRIAGE, root["ts"])) == 3


def test_what_retention_took_from_slack_stays_in_the_portal(filed_ticket, day, session):
    ts = day.say(PRIYA, "said long ago")
    worker_helpers.advance_time(session, 7 * 86_400)
    channel = day.workspace.state.channels[TRIAGE]
    channel.threads[day.root()].remove(ts)  # without an event, as a workspace's retention does
    del channel.messages[ts]
    day.say(PRIYA, "said today")  # so that the thread is read
    for _ in range(2):
        before = clock.now()
        compare(session)
        session.expire_all()
        read = session.query(Thread).join(Thread.channel).filter(Thread.compared_at >= before)
        assert read.filter(Channel.external_id == TRIAGE).count() == 1
        worker_helpers.advance_time(session, 600)
    assert day.words() == [("reply", "said long ago"), ("reply", "said today")]


def test_a_tombstone_of_which_the_event_was_missed_deletes(filed_ticket, day, session):
    ts = day.say(PRIYA, "said and deleted")
    channel = day.workspace.state.channels[TRIAGE]
    channel.messages[ts] |= {"subtype": "tombstone", "text": "This message was deleted.", "user": "USLACKBOT"}
    compare(session)
    assert session.query(InboundEvent).filter(InboundEvent.external_id.endswith(":deleted")).count() == 1
    session.expire_all()
    assert session.query(Message).filter(Message.deleted_at.is_not(None)).count() == 1


def test_a_post_that_lands_after_the_hold_off_is_removed_and_counted(filed_ticket, session, workspace):
    hold_off = config.current().DELIVERY_HOLD_OFF
    workspace.misbehave("chat.postMessage", "late", times=1, channel=TRIAGE, seconds=hold_off * 3, answer="reset")
    tickets.reply(filed_ticket, author=filed_ticket.requester, body="unmistakable")
    session.commit()
    let_time_pass(session)
    root = workspace.posted(TRIAGE)[0]["ts"]
    assert len(workspace.replies(TRIAGE, root)) == 3, "it was repeated, and landed after all"
    compare(session)
    assert len(workspace.replies(TRIAGE, root)) == 2
    assert look_up_counts.read_counts() == {"found": 0, "absent": 1, "late": 1}
    assert b'helpdesk_delivery_look_ups_total{result="late"} 1.0' in metrics.render_metrics()


def test_a_post_whose_metadata_slack_refuses_is_made_without(filed_ticket, session, workspace):
    workspace.misbehave("chat.postMessage", "error", error="invalid_metadata_schema", times=1, channel=TRIAGE)
    tickets.reply(filed_ticket, author=filed_ticket.requester, body="unmistakable")
    session.commit()
    worker_helpers.drain(session)
    root = workspace.posted(TRIAGE)[0]["ts"]
    assert len(workspace.replies(TRIAGE, root)) == 2


def test_the_last_event_is_shown_on_the_readers_clock(filed_ticket, day, session, team):
    day.say(PRIYA, "Hello")
    last = session.scalar(select(InboundEvent.received_at).order_by(InboundEvent.id.desc()).limit(1))
    team[0].time_zone = "Asia/Tokyo"
    session.commit()
    for reader, zone in ((team[0], "JST"), (None, "UTC")):
        [found] = [each.sentence for each in health.run_checks(reader) if each.name == "Slack"]
        at = last.astimezone(ZoneInfo("Asia/Tokyo" if reader else "UTC"))
        assert found.startswith("Slack's last event came ") and found.endswith(f"{at:%Y}, {at:%H:%M} {zone}.")
