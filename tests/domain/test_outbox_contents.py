"""What the outbox sends: mail at least once, notes never to customers, edits and deletions, long messages in parts."""

import pytest

from helpdesk.demo import personas
from helpdesk.domain import outbox, tickets
from tests import worker_helpers
from tests.domain.test_outbox import said


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


def test_the_mail_has_the_last_five_messages_and_threads(filed_ticket, session, mailbox, make):
    agent = make.agent("Tomas")
    for number in range(7):
        tickets.reply(filed_ticket, author=agent if number % 2 else filed_ticket.requester, body=f"word{number}")
        session.commit()
        worker_helpers.drain(session)
    mails = mailbox.list_for("dana@globex.example")
    last = mails[-1]
    assert "word5" in last.text and "word0" in last.text and filed_ticket.subject in last.subject
    assert mails[0].message_id in last.message["References"]


@pytest.mark.parametrize("fault", ["drop_after_data", "drop_before_quit", "data_4xx", "rcpt_4xx"])
def test_mail_arrives_at_least_once_with_one_message_id(filed_ticket, session, mailbox, make, fault):
    worker_helpers.drain(session)
    mailbox.clear()
    mailbox.misbehave(fault, times=1)
    tickets.reply(filed_ticket, author=make.agent("Tomas"), body="unmistakable")
    session.commit()
    for _ in range(4):
        worker_helpers.drain(session)
        worker_helpers.advance_time(session)
    mails = mailbox.list_for("dana@globex.example")
    assert mails and len({mail.message_id for mail in mails}) == 1 and len({mail.raw for mail in mails}) == 1


def test_a_note_is_never_mailed_nor_put_where_customers_read(filed_ticket, session, workspace, mailbox, make):
    worker_helpers.drain(session)
    mailbox.clear()
    tickets.add_note(filed_ticket, author=make.agent("Tomas"), body="secretword")
    session.commit()
    worker_helpers.drain(session)
    assert said(workspace, "secretword") == 1
    assert said(workspace, "secretword", "C0GLOBEX001") == 0
    assert mailbox.mails == []


def test_a_note_in_a_mail_thread_of_the_outbox_is_skipped(filed_ticket, session, mailbox, make):
    """The last check before a mail is written holds, whatever put the row there."""
    worker_helpers.drain(session)
    mailbox.clear()
    note = tickets.add_note(filed_ticket, author=make.agent("Tomas"), body="secretword")
    row = outbox.enqueue_delivery(
        next(thread for thread in filed_ticket.threads if thread.user_id), "message", message=note
    )
    session.commit()
    worker_helpers.drain(session)
    session.refresh(row)
    assert (row.state, mailbox.mails) == ("cancelled", [])


def test_a_note_in_a_customers_thread_of_the_outbox_is_skipped(filed_ticket, session, workspace, make):
    """The last check before Slack holds, whatever put the row there."""
    worker_helpers.drain(session)
    note = tickets.add_note(filed_ticket, author=make.agent("Tomas"), body="secretword")
    row = outbox.enqueue_delivery(
        next(thread for thread in filed_ticket.threads if thread.is_customers and thread.channel.kind == "slack"),
        "message",
        message=note,
        text=note.body,
    )
    session.commit()
    worker_helpers.drain(session)
    session.refresh(row)
    assert (row.state, said(workspace, "secretword", "C0GLOBEX001")) == ("cancelled", 0)


def test_an_edit_before_it_leaves_is_simply_what_is_sent(filed_ticket, session, workspace):
    message = tickets.reply(filed_ticket, author=filed_ticket.requester, body="wrongword")
    session.commit()
    tickets.edit_message(message, editor=filed_ticket.requester, body="rightword")
    session.commit()
    worker_helpers.drain(session)
    assert (said(workspace, "wrongword"), said(workspace, "rightword")) == (0, 1)


def test_an_edit_and_a_deletion_follow_to_slack(filed_ticket, session, workspace):
    message = tickets.reply(filed_ticket, author=filed_ticket.requester, body="wrongword")
    session.commit()
    worker_helpers.drain(session)
    tickets.edit_message(message, editor=filed_ticket.requester, body="rightword")
    session.commit()
    worker_helpers.drain(session)
    assert (said(workspace, "wrongword"), said(workspace, "rightword")) == (0, 1)
    tickets.delete_message(message, editor=filed_ticket.requester)
    session.commit()
    worker_helpers.drain(session)
    assert said(workspace, "rightword") == 0


def test_a_long_message_is_split_and_nothing_of_it_is_lost(filed_ticket, session, workspace):
    body = "\n\n".join(f"paragraph{number} " + "word " * 60 for number in range(60))
    tickets.reply(filed_ticket, author=filed_ticket.requester, body=body)
    session.commit()
    worker_helpers.drain(session)
    everything = str(
        workspace.replies(personas.TRIAGE_CHANNEL_ID, workspace.posted(personas.TRIAGE_CHANNEL_ID)[0]["ts"])
    )
    assert all(f"paragraph{number} " in everything for number in range(60))
