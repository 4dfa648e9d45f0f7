"""A database that is lost while a result is written is asked again, before lease and hold-off decide."""

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import InternalError, OperationalError

from helpdesk.database import errors
from helpdesk.demo import personas
from helpdesk.domain import inbox, outbox
from helpdesk.domain.outbox import mark_sent, results
from helpdesk.models.delivery import Delivery, DeliveryState
from helpdesk.models.inbound_event import InboundEvent
from tests import conftest, worker_helpers


@pytest.fixture
def settings(workspace, mailbox):
    return worker_helpers.settings(workspace, mailbox)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(errors, "PAUSE_SECONDS", 0.01)


def lose_connection(session, monkeypatch, module, name, times=2):
    """Have ``module.name`` lose the database ``times`` times before it works."""
    original, left = getattr(module, name), [times]

    def lose_first(*arguments):
        if left[0]:
            left[0] -= 1
            raise OperationalError("COMMIT", {}, psycopg.OperationalError("server closed the connection"))
        return original(*arguments)

    monkeypatch.setattr(module, name, lose_first)


def card(session, make):
    make.channel(personas.TRIAGE_CHANNEL_ID)
    make.ticket(subject="Printer on fire")
    row = session.query(Delivery).filter_by(kind="card").one()
    session.rollback()
    return row.id


def test_result_of_a_sent_delivery_is_written_when_the_database_is_back(session, make, workspace, monkeypatch):
    id = card(session, make)
    lose_connection(session, monkeypatch, mark_sent, "mark_sent")
    outbox.deliver_one(id)
    assert session.get(Delivery, id).state == DeliveryState.sent
    assert len(workspace.posted(personas.TRIAGE_CHANNEL_ID)) == 1


def test_failure_is_written_when_the_database_is_back(session, make, workspace, monkeypatch):
    id = card(session, make)
    workspace.misbehave("chat.postMessage", "ratelimited", times=1)
    lose_connection(session, monkeypatch, results, "mark_failed")
    outbox.deliver_one(id)
    delivery = session.get(Delivery, id)
    assert (delivery.state, delivery.attempts, delivery.lease_until) == (DeliveryState.pending, 1, None)


def test_database_that_stays_away_is_given_up(app):
    calls = []

    def write():
        calls.append(1)
        raise OperationalError("COMMIT", {}, psycopg.OperationalError("no"))

    with pytest.raises(OperationalError):
        errors.keep_trying(write, patience=0.05)
    assert len(calls) > 1


def test_claim_without_a_call_is_returned_at_once(session, make, workspace, monkeypatch):
    """Nothing was sent, so that the row must not wait for the end of its lease."""
    from helpdesk.domain.outbox import registry

    id = card(session, make)
    lose_connection(session, monkeypatch, registry, "channel_for", times=1)
    outbox.deliver_one(id)
    delivery = session.get(Delivery, id)
    assert (delivery.state, delivery.lease_until) == (DeliveryState.pending, None)
    worker_helpers.advance_time(session, 2)
    worker_helpers.drain(session)
    assert len(workspace.posted(personas.TRIAGE_CHANNEL_ID)) == 1


def test_event_is_applied_when_the_database_is_back(session, make, workspace, monkeypatch):
    from helpdesk.domain.inbox import process

    inbox.store_event("slack", "Ev1", {"type": "event_callback", "event": {"type": "app_home_opened", "user": "U1"}})
    session.commit()
    lose_connection(session, monkeypatch, process, "_finish")
    worker_helpers.drain(session)
    event = session.query(InboundEvent).one()
    assert event.state not in ("waiting", "working", "failed"), event.result
    assert event.attempts == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_read_only_database_differs_from_other_errors(session, database_url):
    session.execute(text("SET TRANSACTION READ ONLY"))
    with pytest.raises(InternalError) as caught:
        session.execute(text("DELETE FROM settings"))
    assert errors.is_read_only_error(caught.value)
    described = errors.describe_error(caught.value)
    assert "read-only transaction" in described and "settings" not in described, "readiness is public and repeats it"
    assert errors.describe_for_log(caught.value) == f"{described} (DELETE FROM settings …)"
    session.rollback()
    with pytest.raises(OperationalError) as gone:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
        conftest.run_sql(database_url, f"SELECT pg_terminate_backend({pid})")
        session.execute(text("SELECT 1"))
    assert not errors.is_read_only_error(gone.value)
    session.rollback()
