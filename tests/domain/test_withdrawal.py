"""What was deleted, changed or made internal, at every moment of its way to Slack."""

import threading
from datetime import timedelta

import pytest
from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from helpdesk import clock, config, storage
from helpdesk.channels.slack.channel import SlackChannel
from helpdesk.cli import deliveries as commands
from helpdesk.demo import personas
from helpdesk.domain import outbox, tickets
from helpdesk.domain.errors import ConflictError
from helpdesk.domain.outbox import claim, registry, results
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery
from tests import worker_helpers

GLOBEX = "C0GLOBEX001"
STORED, NOT_STORED = "500_after", "500_before"
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def settings(workspace, mailbox):
    return worker_helpers.settings(workspace, mailbox)


@pytest.fixture
def agent(make):
    return make.agent("Maya")


@pytest.fixture
def filed_ticket(make, session, agent):
    """A ticket of Globex whose cards are in the triage channel and in Globex's own."""
    make.channel(personas.TRIAGE_CHANNEL_ID)
    globex = make.organization("Globex", domain="globex.example", slack=GLOBEX)
    ticket = make.ticket(make.user(globex, "Dana", email="dana@globex.example"))
    worker_helpers.drain(session)
    return ticket


def texts(workspace, channel=GLOBEX):
    root = workspace.posted(channel)[0]
    return [message["text"] for message in workspace.replies(channel, root["ts"])]


def answer_in_doubt(workspace, session, ticket, agent, fault):
    """An agent's answer whose copy in the customer's channel is in doubt."""
    workspace.misbehave("chat.postMessage", fault, times=1, channel=GLOBEX)
    message = tickets.reply(ticket, author=agent, body="the words in question")
    session.commit()
    worker_helpers.drain(session)
    message.release_at = clock.now() + timedelta(days=1)  # its mail, as that of an answer typed in Slack
    session.commit()
    assert copy_of(session, message).state == "unknown"
    return message


def copy_of(session, message, channel=GLOBEX):
    rows = session.scalars(select(Delivery).where(Delivery.message_id == message.id, Delivery.kind == "message"))
    return next(row for row in rows if row.thread.channel.external_id == channel)


def let_time_pass(session, times=4):
    for _ in range(times):
        worker_helpers.advance_time(session, 120)
        worker_helpers.drain(session)


@pytest.mark.parametrize("fault", [STORED, NOT_STORED])
def test_what_is_deleted_while_its_copy_is_in_doubt_is_gone_from_slack(filed_ticket, session, workspace, agent, fault):
    message = answer_in_doubt(workspace, session, filed_ticket, agent, fault)
    tickets.delete_message(message, editor=agent)
    session.commit()
    let_time_pass(session)
    assert not any(
        "words in question" in text for text in texts(workspace) + texts(workspace, personas.TRIAGE_CHANNEL_ID)
    )
    assert not unfinished(session)


@on_sqlite
@pytest.mark.parametrize("fault", [STORED, NOT_STORED])
def test_what_becomes_internal_while_its_copy_is_in_doubt_is_gone_from_the_customers_channel(
    filed_ticket, session, workspace, agent, fault
):
    message = answer_in_doubt(workspace, session, filed_ticket, agent, fault)
    tickets.convert_to_note(message, editor=agent)
    session.commit()
    let_time_pass(session)
    assert not any("words in question" in text for text in texts(workspace))
    assert any("words in question" in text for text in texts(workspace, personas.TRIAGE_CHANNEL_ID))


@on_sqlite
@pytest.mark.parametrize("fault", [STORED, NOT_STORED])
def test_what_is_edited_while_its_copy_is_in_doubt_is_read_as_it_is_now(filed_ticket, session, workspace, agent, fault):
    message = answer_in_doubt(workspace, session, filed_ticket, agent, fault)
    tickets.edit_message(message, editor=agent, body="the better words")
    session.commit()
    let_time_pass(session)
    said = texts(workspace)[1:]
    assert len(said) == 1 and "better words" in said[0]


@on_sqlite
@pytest.mark.parametrize("state", ["failed", "on_hold", "cancelled"])
def test_what_may_be_there_is_looked_for_whatever_a_person_did_about_its_delivery(
    filed_ticket, session, workspace, agent, state
):
    message = answer_in_doubt(workspace, session, filed_ticket, agent, STORED)
    copy_of(session, message).state = state
    session.commit()
    tickets.delete_message(message, editor=agent)
    session.commit()
    let_time_pass(session)
    assert not any("words in question" in text for text in texts(workspace))


@on_sqlite
def test_a_shorter_edit_removes_the_part_that_is_in_doubt(filed_ticket, session, workspace, agent):
    long = "\n\n".join(f"paragraph {number} " + "word " * 500 for number in range(12))
    message = tickets.reply(filed_ticket, author=agent, body=long)
    session.commit()
    worker_helpers.drain(session)
    parts = [text for text in texts(workspace) if "paragraph" in text]
    assert len(parts) > 1
    last = max(
        (
            row
            for row in session.scalars(select(Delivery).where(Delivery.message_id == message.id))
            if row.thread.channel.external_id == GLOBEX and row.kind == "message"
        ),
        key=lambda row: row.part,
    )
    last.state, last.external_id, last.possibly_sent_since = "unknown", None, last.started_at
    session.commit()
    tickets.edit_message(message, editor=agent, body="short")
    session.commit()
    let_time_pass(session)
    assert [text for text in texts(workspace)[1:]] == [text for text in texts(workspace) if "short" in text]


@on_postgresql
def test_an_edit_follows_a_copy_that_a_worker_has_taken_meanwhile(filed_ticket, session, workspace, agent):
    message = tickets.reply(filed_ticket, author=agent, body="the old words")
    session.commit()
    copy = copy_of(session, message)
    loaded = copy.id, copy.state, copy.data
    run_beside(lambda: claim.claim_delivery(loaded[0]))
    tickets.edit_message(message, editor=agent, body="the new words")
    session.commit()
    edits = select(Delivery).where(Delivery.message_id == message.id, Delivery.kind == "edit")
    assert loaded[0] in {find_original(session, edit) for edit in session.scalars(edits)}


def find_original(session, edit):
    copies = select(Delivery.id).where(Delivery.thread_id == edit.thread_id, Delivery.message_id == edit.message_id)
    return session.scalar(copies.where(Delivery.kind == "message", Delivery.part == edit.part))


def run_beside(action):
    """Run ``action`` as another process would, and wait for it."""
    app = current_app._get_current_object()

    def run():
        with app.app_context():
            action()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(120)


def unfinished(session):
    session.rollback()
    return session.scalars(select(Delivery).where(Delivery.state.not_in(("sent", "cancelled")))).all()


def test_retry_of_what_is_in_doubt_waits_for_the_hold_off_and_looks_first(filed_ticket, session, workspace, agent, app):
    message = answer_in_doubt(workspace, session, filed_ticket, agent, STORED)
    copy = copy_of(session, message)
    calls = workspace.calls["chat.postMessage"]
    outbox.retry_delivery(copy, actor=agent)
    session.commit()
    assert copy.state == "unknown"
    assert copy.due_at - copy.started_at >= timedelta(seconds=config.current().DELIVERY_HOLD_OFF)
    id = copy.id
    session.rollback()
    assert app.test_cli_runner().invoke(commands.deliveries, ["retry", str(id)]).exit_code == 0
    worker_helpers.drain(session)
    assert workspace.calls["chat.postMessage"] == calls
    let_time_pass(session)
    assert [text for text in texts(workspace) if "words in question" in text] == texts(workspace)[1:]
    assert len(texts(workspace)) == 2


@on_postgresql
def test_retry_pressed_twice_posts_once(filed_ticket, session, workspace, agent):
    message = answer_in_doubt(workspace, session, filed_ticket, agent, NOT_STORED)
    copy = copy_of(session, message)
    copy.state, copy.possibly_sent_since = "failed", None
    session.commit()
    _, id = copy.state, copy.id  # as the second press has loaded it

    def first_press():
        outbox.retry_delivery(db.session.get(Delivery, id), actor=None)
        db.session.commit()
        outbox.deliver_one(id)

    run_beside(first_press)
    with pytest.raises(ConflictError):
        outbox.retry_delivery(copy, actor=agent)
    session.rollback()
    let_time_pass(session)
    assert len(texts(workspace)) == 2


@on_sqlite
@pytest.mark.parametrize(
    "error",
    [OperationalError("SELECT 1", {}, Exception("gone")), storage.StorageUnavailable()],
    ids=["database", "files"],
)
def test_a_fault_of_ours_uses_up_no_try(filed_ticket, session, workspace, agent, monkeypatch, error):
    message = tickets.reply(filed_ticket, author=agent, body="unmistakable")
    session.commit()
    copy = copy_of(session, message)
    copy.attempts, id = 12, copy.id
    session.commit()

    def fail(*_):
        raise error

    monkeypatch.setattr(SlackChannel, "render", fail)
    for _ in range(results.MAX_RENDER_ATTEMPTS + 2):
        worker_helpers.run_job(outbox.deliver_one, id)
        worker_helpers.advance_time(session, 60)
    session.refresh(copy)
    assert (copy.state, copy.attempts) == ("pending", 12)
    monkeypatch.undo()
    let_time_pass(session)
    assert sum("unmistakable" in text for text in texts(workspace)) == 1


@on_sqlite
def test_an_error_while_rendering_fails_after_its_own_tries_not_those_of_an_outage(
    filed_ticket, session, agent, monkeypatch
):
    message = tickets.reply(filed_ticket, author=agent, body="unmistakable")
    session.commit()
    copy = copy_of(session, message)
    copy.attempts, id = 12, copy.id
    session.commit()
    monkeypatch.setattr(registry.get_channel("slack"), "render", lambda _: 1 / 0, raising=False)
    states = []
    for _ in range(results.MAX_RENDER_ATTEMPTS):
        worker_helpers.run_job(outbox.deliver_one, id)
        worker_helpers.advance_time(session, 600)
        session.refresh(copy)
        states.append(copy.state)
        session.rollback()
    assert states == ["pending"] * (results.MAX_RENDER_ATTEMPTS - 1) + ["failed"]


@on_sqlite
def test_nothing_more_is_sent_to_a_channel_that_the_ticket_left(filed_ticket, session, workspace, make, agent):
    """Also what a worker had at hand when the ticket was moved, and what Slack refused for the moment."""
    from helpdesk.domain.tickets import transfer

    elsewhere = make.organization("Initech")
    message = tickets.reply(filed_ticket, author=agent, body="for Globex")
    session.commit()
    copy = copy_of(session, message)
    copy.state, copy.lease_until = "sending", clock.now() + timedelta(seconds=1)
    session.commit()
    transfer.transfer_ticket(filed_ticket, elsewhere, requester=make.user(elsewhere), actor=agent)
    session.commit()
    copy.state = "pending"
    session.commit()
    let_time_pass(session)
    assert len(texts(workspace)) == 1
    session.refresh(copy)
    assert copy.state == "cancelled"
