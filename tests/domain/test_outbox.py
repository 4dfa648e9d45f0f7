"""Safe delivery against a Slack and a mail server that misbehave (design.md §5)."""

from datetime import timedelta

import pytest

from helpdesk import clock
from helpdesk.demo import personas
from helpdesk.domain import outbox, tickets
from helpdesk.models.delivery import Delivery
from tests import outside


@pytest.fixture
def settings(workspace, mailbox):
    return outside.settings(workspace, mailbox)


@pytest.fixture
def story(make):
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


def test_a_filed_ticket_has_its_card_in_both_channels(story, session, workspace):
    outside.drain(session)
    assert len(workspace.posted(personas.TRIAGE_CHANNEL_ID)) == len(workspace.posted("C0GLOBEX001")) == 1
    assert story.subject in str(workspace.posted(personas.TRIAGE_CHANNEL_ID)[0])


def test_messages_follow_their_card_in_the_order_they_were_said(story, session, workspace):
    for number in range(5):
        tickets.reply(story, author=story.requester, body=f"word{number}")
    session.commit()
    outside.drain(session)
    assert [f"word{n}" in text for n, text in enumerate(texts(workspace)[1:])] == [True] * 5


@pytest.mark.parametrize("fault", ["500_before", "500_after", "reset_before", "reset_after", "half_after"])
def test_a_fault_of_unknown_outcome_is_looked_for_and_ends_in_exactly_one(story, session, workspace, fault):
    outside.drain(session)
    workspace.misbehave("chat.postMessage", fault, times=1, channel=personas.TRIAGE_CHANNEL_ID)
    tickets.reply(story, author=story.requester, body="unmistakable")
    session.commit()
    for _ in range(4):
        outside.drain(session)
        outside.hurry(session)
    assert said(workspace, "unmistakable") == 1


def test_an_unknown_outcome_waits_out_the_hold_off_before_anything_is_tried(story, session, workspace):
    outside.drain(session)
    workspace.misbehave("chat.postMessage", "reset_after", times=1, channel=personas.TRIAGE_CHANNEL_ID)
    tickets.reply(story, author=story.requester, body="unmistakable")
    session.commit()
    outside.drain(session)
    row = session.query(Delivery).filter_by(state="unknown").one()
    assert row.due_at > clock.now() and row.maybe_since is not None


def test_a_failed_look_up_never_leads_to_a_blind_post(story, session, workspace):
    outside.drain(session)
    workspace.misbehave("chat.postMessage", "reset_after", times=1, channel=personas.TRIAGE_CHANNEL_ID)
    tickets.reply(story, author=story.requester, body="unmistakable")
    session.commit()
    outside.drain(session)
    workspace.misbehave("conversations.replies", "500_before", times=3)
    for _ in range(6):
        outside.hurry(session)
        outside.drain(session)
    assert said(workspace, "unmistakable") == 1


def test_being_told_to_wait_holds_that_channel_and_no_other(story, session, workspace):
    outside.drain(session)
    workspace.misbehave("chat.postMessage", "ratelimited", times=1, channel=personas.TRIAGE_CHANNEL_ID, retry_after=30)
    tickets.reply(story, author=story.requester, body="unmistakable")
    session.commit()
    outside.drain(session)
    assert said(workspace, "unmistakable") == 0
    assert said(workspace, "unmistakable", "C0GLOBEX001") == 1
    channel = next(
        thread.channel for thread in story.threads if thread.channel.external_id == personas.TRIAGE_CHANNEL_ID
    )
    session.refresh(channel)
    assert channel.paused_until > clock.now()


def test_an_archived_channel_keeps_everything_and_delivers_it_in_order_once_mended(story, session, workspace):
    outside.drain(session)
    workspace.archive(personas.TRIAGE_CHANNEL_ID)
    for number in range(3):
        tickets.reply(story, author=story.requester, body=f"word{number}")
    session.commit()
    outside.drain(session)
    waiting = session.query(Delivery).filter(Delivery.state == "pending", Delivery.reason.is_not(None)).all()
    assert waiting and "archived" in waiting[0].reason
    workspace.unarchive(personas.TRIAGE_CHANNEL_ID)
    outside.hurry(session)
    outside.drain(session)
    replies = [text for text in texts(workspace) if "word" in text]
    assert [f"word{n}" in text for n, text in enumerate(replies)] == [True] * 3


def test_a_permanent_failure_holds_only_its_own_thread_until_a_person_decides(story, session, workspace, make):
    outside.drain(session)
    workspace.misbehave("chat.postMessage", "error", error="msg_too_long", times=2, channel=personas.TRIAGE_CHANNEL_ID)
    tickets.reply(story, author=story.requester, body="first")
    tickets.reply(story, author=story.requester, body="second")
    session.commit()
    outside.drain(session)
    assert (said(workspace, "second"), said(workspace, "second", "C0GLOBEX001")) == (0, 1)
    failed = session.query(Delivery).filter_by(state="failed").one()
    outbox.skip_delivery(failed, actor=make.agent())
    session.commit()
    outside.drain(session)
    assert (said(workspace, "first"), said(workspace, "second")) == (0, 1)


def test_a_worker_that_died_while_sending_is_followed_by_a_look_not_by_a_second_post(story, session, workspace):
    outside.drain(session)
    tickets.reply(story, author=story.requester, body="unmistakable")
    session.commit()
    outside.drain(session)
    row = session.query(Delivery).filter(Delivery.kind == "message", Delivery.state == "sent").first()
    row.state, row.external_id, row.finished_at = "sending", None, None
    row.lease_until = clock.now() - timedelta(seconds=1)
    row.lease_owner = "a worker that is no more"
    session.commit()
    outside.work(lambda _: outbox.release_expired_leases(), 0)
    session.refresh(row)
    assert row.state == "unknown"
    outside.hurry(session, 120)
    outside.drain(session)
    session.refresh(row)
    assert row.state == "sent"
    assert said(workspace, "unmistakable", row.thread.channel.external_id) == 1


def test_two_workers_cannot_claim_the_same_row(story, session):
    from helpdesk.domain.outbox import delivery_claims

    id = session.query(Delivery).filter_by(kind="card").first().id
    session.rollback()
    first, second = outside.work(delivery_claims.claim_delivery, id), outside.work(delivery_claims.claim_delivery, id)
    assert first is not None and second is None


def test_the_mail_has_the_last_five_messages_and_threads(story, session, mailbox, make):
    agent = make.agent("Tomas")
    for number in range(7):
        tickets.reply(story, author=agent if number % 2 else story.requester, body=f"word{number}")
        session.commit()
        outside.drain(session)
    mails = mailbox.to("dana@globex.example")
    last = mails[-1]
    assert "word5" in last.text and "word0" in last.text and story.subject in last.subject
    assert mails[0].message_id in last.message["References"]


@pytest.mark.parametrize("tantrum", ["drop_after_data", "drop_before_quit", "data_4xx", "rcpt_4xx"])
def test_mail_arrives_at_least_once_with_one_message_id(story, session, mailbox, make, tantrum):
    outside.drain(session)
    mailbox.clear()
    mailbox.misbehave(tantrum, times=1)
    tickets.reply(story, author=make.agent("Tomas"), body="unmistakable")
    session.commit()
    for _ in range(4):
        outside.drain(session)
        outside.hurry(session)
    mails = mailbox.to("dana@globex.example")
    assert mails and len({mail.message_id for mail in mails}) == 1 and len({mail.raw for mail in mails}) == 1


def test_a_note_is_never_mailed_nor_put_where_customers_read(story, session, workspace, mailbox, make):
    outside.drain(session)
    mailbox.clear()
    tickets.add_note(story, author=make.agent("Tomas"), body="secretword")
    session.commit()
    outside.drain(session)
    assert said(workspace, "secretword") == 1
    assert said(workspace, "secretword", "C0GLOBEX001") == 0
    assert mailbox.mails == []


def test_an_edit_before_it_leaves_is_simply_what_is_sent(story, session, workspace):
    message = tickets.reply(story, author=story.requester, body="wrongword")
    session.commit()
    tickets.edit_message(message, editor=story.requester, body="rightword")
    session.commit()
    outside.drain(session)
    assert (said(workspace, "wrongword"), said(workspace, "rightword")) == (0, 1)


def test_an_edit_and_a_deletion_follow_to_slack(story, session, workspace):
    message = tickets.reply(story, author=story.requester, body="wrongword")
    session.commit()
    outside.drain(session)
    tickets.edit_message(message, editor=story.requester, body="rightword")
    session.commit()
    outside.drain(session)
    assert (said(workspace, "wrongword"), said(workspace, "rightword")) == (0, 1)
    tickets.delete_message(message, editor=story.requester)
    session.commit()
    outside.drain(session)
    assert said(workspace, "rightword") == 0


def test_a_long_message_is_split_and_nothing_of_it_is_lost(story, session, workspace):
    body = "\n\n".join(f"paragraph{number} " + "word " * 60 for number in range(60))
    tickets.reply(story, author=story.requester, body=body)
    session.commit()
    outside.drain(session)
    everything = str(
        workspace.replies(personas.TRIAGE_CHANNEL_ID, workspace.posted(personas.TRIAGE_CHANNEL_ID)[0]["ts"])
    )
    assert all(f"paragraph{number} " in everything for number in range(60))
