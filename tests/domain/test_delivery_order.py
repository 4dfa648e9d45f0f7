"""A worker continues in its queue key: in order, without waking itself, and not past what has not arrived."""

import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import event, select, text, update

from helpdesk import clock, jobs
from helpdesk.channels.slack import channel, not_found
from helpdesk.demo import personas
from helpdesk.domain import outbox, tickets
from helpdesk.domain.outbox import claim as claims
from helpdesk.domain.outbox import deliver, errors, mark_sent, results
from helpdesk.domain.outbox.channel import SendResult
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from tests import timeouts, worker_helpers


@pytest.fixture
def settings(workspace, mailbox):
    return worker_helpers.settings(workspace, mailbox)


@pytest.fixture
def talk(make, session, workspace):
    """A ticket whose card is posted and four messages wait, all in triage's one thread."""
    make.channel(personas.TRIAGE_CHANNEL_ID)
    globex = make.organization("Globex", domain="globex.example")
    ticket = make.ticket(make.user(globex, "Dana", email="dana@globex.example"))
    worker_helpers.drain(session)
    for number in range(4):
        tickets.reply(ticket, author=ticket.requester, body=f"word{number}")
    session.commit()
    return waiting(session)


@pytest.fixture
def woken(monkeypatch):
    """The deliveries that a worker was woken for."""
    woken = []
    monkeypatch.setattr(jobs, "wake_workers", lambda jobs: woken.extend(id for job, id in jobs if job == "deliver"))
    return woken


def waiting(session):
    """Ids of the messages that wait in Slack's queue key, in their order."""
    session.rollback()
    rows = session.query(Delivery.id).filter(Delivery.kind == "message", Delivery.state != "sent").order_by(Delivery.id)
    found = [id for (id,) in rows]
    session.rollback()
    return found


def test_all_that_waits_with_one_queue_key_leaves_in_order_and_nobody_is_woken(
    talk, session, workspace, woken, monkeypatch
):
    monkeypatch.setattr(
        deliver, "TIME_SLICE_SECONDS", timeouts.LIMIT
    )  # on a busy machine four deliveries may take longer than its second
    assert len(talk) == 4
    worker_helpers.run_job(outbox.deliver_thread, talk[0])
    assert waiting(session) == [] and woken == []
    root = workspace.posted(personas.TRIAGE_CHANNEL_ID)[0]["ts"]
    assert [f"word{n}" in m["text"] for n, m in enumerate(workspace.replies(personas.TRIAGE_CHANNEL_ID, root)[1:])] == [
        True
    ] * 4


def test_after_a_while_it_names_the_next_and_lets_others_have_their_turn(talk, session, woken, monkeypatch):
    moments = iter([100.0, 100.0, 100.0 + deliver.TIME_SLICE_SECONDS])
    monkeypatch.setattr(deliver, "time", SimpleNamespace(monotonic=lambda: next(moments)))
    assert worker_helpers.run_job(outbox.deliver_thread, talk[0]) == talk[1]
    assert waiting(session) == talk[1:] and woken == []


def test_it_ends_at_what_has_not_arrived(talk, session, workspace, woken):
    workspace.misbehave("chat.postMessage", "500_before", skip=1)
    worker_helpers.run_job(outbox.deliver_thread, talk[0])
    assert waiting(session) == talk[1:]
    session.expire_all()
    assert [session.get(Delivery, id).state for id in talk] == ["sent", "unknown", "pending", "pending"]
    session.rollback()
    worker_helpers.run_job(outbox.deliver_thread, talk[2])
    assert waiting(session) == talk[1:]


def test_one_delivery_alone_wakes_the_next(talk, session, woken):
    assert worker_helpers.run_job(outbox.deliver_one, talk[0])
    assert woken == [talk[1]]


def test_an_arrival_settles_what_a_sweep_doubted_but_nothing_that_somebody_else_took(talk, session):
    claim = worker_helpers.run_job(claims.claim_delivery, talk[0])
    row = session.get(Delivery, talk[0])
    row.state, row.possibly_sent_since = "unknown", clock.now()
    session.commit()
    worker_helpers.run_job(
        lambda _: mark_sent.mark_sent(claim, SendResult("1800000000.000001", {"channel": personas.TRIAGE_CHANNEL_ID})),
        0,
    )
    session.refresh(row)
    assert (row.state, row.external_id, row.possibly_sent_since) == ("sent", "1800000000.000001", None)
    assert row.data["text"] and row.data["channel"] == personas.TRIAGE_CHANNEL_ID
    session.rollback()

    claim = worker_helpers.run_job(claims.claim_delivery, talk[1])
    row = session.get(Delivery, talk[1])
    row.lease_owner, row.lease_until = "another worker", clock.now() + timedelta(minutes=1)
    session.commit()
    assert worker_helpers.run_job(lambda _: mark_sent.mark_sent(claim, SendResult("1800000000.000002")), 0) is None
    session.refresh(row)
    assert (row.state, row.external_id) == ("sending", None)


def test_an_arrival_raises_the_version_of_its_ticket_once_and_a_lost_claim_does_not(talk, session):
    ticket = session.get(Delivery, talk[0]).thread.ticket
    before = ticket.version
    session.rollback()
    assert worker_helpers.run_job(outbox.deliver_one, talk[0])
    session.refresh(ticket)
    assert ticket.version == before + 1
    session.rollback()

    claim = worker_helpers.run_job(claims.claim_delivery, talk[1])
    session.get(Delivery, talk[1]).lease_owner = "another worker"
    session.commit()
    worker_helpers.run_job(lambda _: mark_sent.mark_sent(claim, SendResult("1800000000.000002")), 0)
    session.refresh(ticket)
    assert ticket.version == before + 1


def test_an_arrival_raises_the_version_of_the_ticket_that_its_thread_was_moved_to(talk, session, make, monkeypatch):
    """It was moved while the arrival waited for the former ticket's lock."""
    thread = session.get(Delivery, talk[0]).thread
    other = make.ticket(thread.ticket.requester)
    moved = update(Thread).where(Thread.id == thread.id).values(ticket_id=other.id)
    before = other.version
    session.commit()
    monkeypatch.setattr(channel.SlackChannel, "after_sent", lambda *_: db.session.execute(moved))
    assert worker_helpers.run_job(outbox.deliver_one, talk[0])
    session.refresh(other)
    assert other.version == before + 1


def test_a_delivery_takes_five_statements(app, talk, session):
    """SQLite asks before whether the row may be claimed, and locks no ticket by itself."""
    statements = []
    event.listen(db.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    assert worker_helpers.run_job(outbox.deliver_one, talk[0])
    words = [statement.split()[0] for statement in statements if not statement.startswith(("PRAGMA", "BEGIN"))]
    asked_before = ["SELECT"] if db.engine.dialect.name == "sqlite" else []
    assert words == [*asked_before, "UPDATE", "SELECT", "UPDATE", "UPDATE", "SELECT"]


def test_an_arrival_unblocks_its_channel_and_hurries_what_was_tried_in_vain(talk, session):
    row = session.get(Delivery, talk[1])
    row.attempts, row.due_at = 3, clock.now() + timedelta(hours=1)
    channel = row.thread.channel
    channel.blocked_reason, channel.blocked_at = "The Slack channel is archived.", clock.now()
    session.commit()
    assert worker_helpers.run_job(outbox.deliver_one, talk[0])
    session.refresh(channel), session.refresh(row)
    assert (channel.blocked_reason, channel.blocked_at) == (None, None)
    assert row.due_at <= clock.now()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_arrival_and_somebody_who_writes_on_the_ticket_do_not_wait_for_each_other(app, talk, session):
    claim = worker_helpers.run_job(claims.claim_delivery, talk[0])
    ticket_id = session.get(Delivery, talk[0]).thread.ticket_id
    session.rollback()
    session.execute(text("SET LOCAL lock_timeout = '3s'"))
    session.execute(select(Ticket.id).where(Ticket.id == ticket_id).with_for_update())

    def arrive() -> None:
        with app.app_context():
            mark_sent.mark_sent(claim, SendResult("1800000000.000001", {"channel": personas.TRIAGE_CHANNEL_ID}))

    arriving = threading.Thread(target=arrive)
    arriving.start()
    arriving.join(0.5)  # until it waits for the ticket; it must not hold the delivery meanwhile
    session.execute(update(Delivery).where(Delivery.id == talk[0]).values(reason="seen by somebody who writes"))
    session.commit()
    arriving.join(timeouts.LIMIT)
    assert session.get(Delivery, talk[0], populate_existing=True).state == "sent"


def test_what_was_moved_below_a_new_card_waits_for_what_was_on_its_way_to_the_former_one(talk, session, workspace):
    claim = worker_helpers.run_job(claims.claim_delivery, talk[0])
    thread = session.get(Delivery, talk[0]).thread
    workspace.delete(personas.AGENTS[0].slack, personas.TRIAGE_CHANNEL_ID, thread.external_id)
    renewed = not_found.replace_card(thread)
    session.commit()
    worker_helpers.drain(session)
    assert renewed.external_id and session.get(Delivery, talk[1]).thread_id == renewed.id
    assert waiting(session) == talk
    with pytest.raises(errors.PermanentError) as refused:
        claim.channel.send(claim.request)
    worker_helpers.run_job(lambda _: results.mark_failed(claim, refused.value), 0)
    worker_helpers.drain(session)
    assert waiting(session) == []
    replies = workspace.replies(personas.TRIAGE_CHANNEL_ID, renewed.external_id)[1:]
    assert [message["text"] for message in replies] == [f"word{number}" for number in range(4)]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_claim_that_waited_until_the_row_was_moved_below_a_new_card_is_not_made(app, talk, session):
    """It was asked of the former thread whether it was its turn; the new one has no card yet."""
    claimed, here = [], "datname = current_database() AND wait_event_type = 'Lock'"
    renewed = not_found.replace_card(session.get(Delivery, talk[0]).thread)
    session.flush()

    def claim() -> None:
        with app.app_context():
            claimed.append(claims.claim_delivery(talk[0]))

    claiming = threading.Thread(target=claim)
    claiming.start()
    with session.get_bind().connect().execution_options(isolation_level="AUTOCOMMIT") as other:
        blocked = text(f"SELECT count(*) FROM pg_stat_activity WHERE {here}")
        timeouts.wait_for(lambda: other.scalar(blocked), "the claim to wait for the row")
    session.commit()
    claiming.join(timeouts.LIMIT)
    delivery = session.get(Delivery, talk[0], populate_existing=True)
    assert claimed == [None] and (delivery.thread_id, delivery.state) == (renewed.id, "pending")
