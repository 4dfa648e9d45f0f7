"""Safe delivery against a Slack and a mail server that misbehave."""

from datetime import timedelta

import pytest

from helpdesk import clock, config
from helpdesk.channels.slack.api import rate_limits
from helpdesk.demo import personas
from helpdesk.domain import outbox, tickets
from helpdesk.models.delivery import Delivery
from tests import time_travel, worker_helpers


@pytest.fixture
def settings(workspace, mailbox):
    return worker_helpers.settings(workspace, mailbox)


@pytest.fixture
def filed_ticket(make):
    """A ticket of Globex, not yet announced anywhere, and its channels."""
    make.channel(personas.TRIAGE_CHANNEL_ID)
    globex = make.organization("Globex", domain="globex.example", slack="C0GLOBEX001")
    make.agent("Maya")
    return make.ticket(make.user(globex, "Dana", email="dana@globex.example"))


def texts(workspace, channel=personas.TRIAGE_CHANNEL_ID):
    """Root and replies of the one thread in ``channel``, as Slack has them."""
    root = workspace.posted(channel)[0]
    return [message["text"] for message in workspace.replies(channel, root["ts"])]


def said(workspace, word, channel=personas.TRIAGE_CHANNEL_ID):
    return sum(word in text for text in texts(workspace, channel))


def test_a_filed_ticket_has_its_card_in_both_channels(filed_ticket, session, workspace):
    worker_helpers.drain(session)
    assert len(workspace.posted(personas.TRIAGE_CHANNEL_ID)) == len(workspace.posted("C0GLOBEX001")) == 1
    assert filed_ticket.subject in str(workspace.posted(personas.TRIAGE_CHANNEL_ID)[0])


def test_messages_follow_their_card_in_the_order_they_were_said(filed_ticket, session, workspace):
    for number in range(5):
        tickets.reply(filed_ticket, author=filed_ticket.requester, body=f"word{number}")
    session.commit()
    worker_helpers.drain(session)
    assert [f"word{n}" in text for n, text in enumerate(texts(workspace)[1:])] == [True] * 5


@pytest.mark.parametrize("fault", ["500_before", "500_after", "reset_before", "reset_after", "half_after"])
def test_a_fault_of_unknown_outcome_is_looked_for_and_ends_in_exactly_one(filed_ticket, session, workspace, fault):
    worker_helpers.drain(session)
    workspace.misbehave("chat.postMessage", fault, times=1, channel=personas.TRIAGE_CHANNEL_ID)
    tickets.reply(filed_ticket, author=filed_ticket.requester, body="unmistakable")
    session.commit()
    for _ in range(4):
        worker_helpers.drain(session)
        worker_helpers.advance_time(session)
    assert said(workspace, "unmistakable") == 1


def test_an_unknown_outcome_waits_out_the_hold_off_before_anything_is_tried(filed_ticket, session, workspace):
    worker_helpers.drain(session)
    workspace.misbehave("chat.postMessage", "reset_after", times=1, channel=personas.TRIAGE_CHANNEL_ID)
    tickets.reply(filed_ticket, author=filed_ticket.requester, body="unmistakable")
    session.commit()
    worker_helpers.drain(session)
    row = session.query(Delivery).filter_by(state="unknown").one()
    assert row.due_at - row.started_at >= timedelta(seconds=config.current().DELIVERY_HOLD_OFF)
    assert row.possibly_sent_since == row.started_at


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_request_stored_late_is_looked_for_only_after_the_hold_off(filed_ticket, session, workspace):
    worker_helpers.drain(session)
    hold_off = config.current().DELIVERY_HOLD_OFF
    rule = workspace.misbehave(
        "chat.postMessage",
        "late",
        times=1,
        channel=personas.TRIAGE_CHANNEL_ID,
        seconds=hold_off * 2 / 3,
        answer="reset",
    )
    tickets.reply(filed_ticket, author=filed_ticket.requester, body="unmistakable")
    session.commit()
    worker_helpers.drain(session)
    calls = workspace.calls["chat.postMessage"]
    worker_helpers.advance_time(session, hold_off / 3)
    worker_helpers.drain(session)
    assert (rule.used, said(workspace, "unmistakable"), workspace.calls["chat.postMessage"]) == (1, 0, calls)
    worker_helpers.advance_time(session, hold_off)
    worker_helpers.drain(session)
    assert (said(workspace, "unmistakable"), workspace.calls["chat.postMessage"]) == (1, calls)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_worker_held_up_after_its_claim_does_not_send_on_a_lease_about_to_end(
    filed_ticket, session, workspace, monkeypatch
):
    from helpdesk.domain.outbox import claim as claims

    worker_helpers.drain(session)
    tickets.reply(filed_ticket, author=filed_ticket.requester, body="unmistakable")
    session.commit()
    id = session.query(Delivery.id).filter(Delivery.kind == "message", Delivery.state == "pending").first().id
    session.rollback()
    take, calls = claims.claim_delivery, workspace.calls["chat.postMessage"]

    def take_and_be_held_up(delivery_id):
        claim = take(delivery_id)
        time_travel.advance(claims.lease_duration().total_seconds() * 0.9)
        return claim

    monkeypatch.setattr(claims, "claim_delivery", take_and_be_held_up)
    assert not worker_helpers.run_job(outbox.deliver_one, id)
    assert workspace.calls["chat.postMessage"] == calls
    assert session.get(Delivery, id).state == "unknown"
    monkeypatch.undo()
    worker_helpers.advance_time(session)
    worker_helpers.drain(session)
    assert said(workspace, "unmistakable") == 1


def test_a_failed_look_up_never_leads_to_a_blind_post(filed_ticket, session, workspace):
    worker_helpers.drain(session)
    workspace.misbehave("chat.postMessage", "reset_after", times=1, channel=personas.TRIAGE_CHANNEL_ID)
    tickets.reply(filed_ticket, author=filed_ticket.requester, body="unmistakable")
    session.commit()
    worker_helpers.drain(session)
    workspace.misbehave("conversations.replies", "500_before", times=3)
    for _ in range(6):
        worker_helpers.advance_time(session)
        worker_helpers.drain(session)
    assert said(workspace, "unmistakable") == 1


def test_a_look_up_refused_for_a_while_keeps_the_doubt(filed_ticket, session, workspace):
    """A refusal proves that this request did nothing; it proves nothing about the earlier one."""
    worker_helpers.drain(session)
    workspace.misbehave("chat.postMessage", "reset_after", times=1, channel=personas.TRIAGE_CHANNEL_ID)
    tickets.reply(filed_ticket, author=filed_ticket.requester, body="unmistakable")
    session.commit()
    worker_helpers.drain(session)
    workspace.misbehave("conversations.replies", "ratelimited", times=2, retry_after=1)
    for _ in range(4):
        worker_helpers.advance_time(session)
        worker_helpers.drain(session)
    assert said(workspace, "unmistakable") == 1


def test_a_paused_channel_holds_its_other_tickets_too(filed_ticket, session, workspace, make):
    other = make.ticket(filed_ticket.requester, subject="Another one")
    worker_helpers.drain(session)
    workspace.misbehave("chat.postMessage", "ratelimited", times=1, channel=personas.TRIAGE_CHANNEL_ID, retry_after=30)
    tickets.reply(filed_ticket, author=filed_ticket.requester, body="first")
    session.commit()
    worker_helpers.drain(session)
    rate_limits.clear()  # as in another process, which has not met the limit itself
    tickets.reply(other, author=other.requester, body="second")
    session.commit()
    worker_helpers.drain(session)
    roots = [root["ts"] for root in workspace.posted(personas.TRIAGE_CHANNEL_ID)]
    assert [len(workspace.replies(personas.TRIAGE_CHANNEL_ID, root)) for root in roots] == [1, 1]
    worker_helpers.advance_time(session, 31)
    worker_helpers.drain(session)
    assert [len(workspace.replies(personas.TRIAGE_CHANNEL_ID, root)) for root in roots] == [2, 2]


def test_a_rate_limit_holds_that_channel_and_no_other(filed_ticket, session, workspace):
    worker_helpers.drain(session)
    workspace.misbehave("chat.postMessage", "ratelimited", times=1, channel=personas.TRIAGE_CHANNEL_ID, retry_after=30)
    tickets.reply(filed_ticket, author=filed_ticket.requester, body="unmistakable")
    session.commit()
    worker_helpers.drain(session)
    assert said(workspace, "unmistakable") == 0
    assert said(workspace, "unmistakable", "C0GLOBEX001") == 1
    channel = next(
        thread.channel for thread in filed_ticket.threads if thread.channel.external_id == personas.TRIAGE_CHANNEL_ID
    )
    session.refresh(channel)
    assert channel.paused_until > clock.now()


def test_an_archived_channel_keeps_everything_and_delivers_it_in_order_once_repaired(filed_ticket, session, workspace):
    worker_helpers.drain(session)
    workspace.archive(personas.TRIAGE_CHANNEL_ID)
    for number in range(3):
        tickets.reply(filed_ticket, author=filed_ticket.requester, body=f"word{number}")
    session.commit()
    worker_helpers.drain(session)
    waiting = session.query(Delivery).filter(Delivery.state == "pending", Delivery.reason.is_not(None)).all()
    assert waiting and "archived" in waiting[0].reason
    workspace.unarchive(personas.TRIAGE_CHANNEL_ID)
    worker_helpers.advance_time(session)
    worker_helpers.drain(session)
    replies = [text for text in texts(workspace) if "word" in text]
    assert [f"word{n}" in text for n, text in enumerate(replies)] == [True] * 3


def test_a_permanent_failure_holds_only_its_own_thread_until_a_person_decides(filed_ticket, session, workspace, make):
    worker_helpers.drain(session)
    workspace.misbehave("chat.postMessage", "error", error="msg_too_long", times=2, channel=personas.TRIAGE_CHANNEL_ID)
    tickets.reply(filed_ticket, author=filed_ticket.requester, body="first")
    tickets.reply(filed_ticket, author=filed_ticket.requester, body="second")
    session.commit()
    worker_helpers.drain(session)
    assert (said(workspace, "second"), said(workspace, "second", "C0GLOBEX001")) == (0, 1)
    failed = session.query(Delivery).filter_by(state="failed").one()
    outbox.skip_delivery(failed, actor=make.agent())
    session.commit()
    worker_helpers.drain(session)
    assert (said(workspace, "first"), said(workspace, "second")) == (0, 1)


def test_a_worker_that_died_while_sending_is_followed_by_a_look_not_by_a_second_post(filed_ticket, session, workspace):
    worker_helpers.drain(session)
    tickets.reply(filed_ticket, author=filed_ticket.requester, body="unmistakable")
    session.commit()
    worker_helpers.drain(session)
    row = session.query(Delivery).filter(Delivery.kind == "message", Delivery.state == "sent").first()
    row.state, row.external_id, row.finished_at = "sending", None, None
    row.lease_until = clock.now() - timedelta(seconds=1)
    row.lease_owner = "a worker that is no more"
    session.commit()
    worker_helpers.run_job(lambda _: outbox.release_expired_leases(), 0)
    session.refresh(row)
    assert row.state == "unknown"
    worker_helpers.advance_time(session, 120)
    worker_helpers.drain(session)
    session.refresh(row)
    assert row.state == "sent"
    assert said(workspace, "unmistakable", row.thread.channel.external_id) == 1


def test_two_workers_cannot_claim_the_same_row(filed_ticket, session):
    from helpdesk.domain.outbox import claim as claims

    id = session.query(Delivery).filter_by(kind="card").first().id
    session.rollback()
    first = worker_helpers.run_job(claims.claim_delivery, id)
    second = worker_helpers.run_job(claims.claim_delivery, id)
    assert first is not None and second is None
