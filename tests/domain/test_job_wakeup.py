"""The doorbell: rung once for what is due, never flooding the queue; and who may finish what somebody else took over."""

from datetime import timedelta

import pytest

from helpdesk import after_commit, clock, extensions
from helpdesk.channels.errors import TemporaryError
from helpdesk.channels.slack.parse import echo_filter
from helpdesk.domain import inbox
from helpdesk.models.delivery import InboundEvent
from tests import worker_helpers


@pytest.fixture
def reminder(app):
    extensions.queue().empty()
    yield after_commit.Reminder("deliver")
    extensions.queue().empty()


def test_what_lost_its_ring_is_rung_for_as_soon_as_the_queue_is_empty(reminder):
    assert reminder.ring([1, 2]) == [1, 2]
    extensions.queue().empty()
    assert reminder.ring([1, 2]) == [1, 2]


def test_a_backlog_is_not_rung_for_again_every_second(reminder):
    reminder.ring([1, 2, 3])
    for _ in range(20):
        assert reminder.ring([1, 2, 3]) == []
    assert extensions.queue().count == 3


def test_behind_a_busy_queue_a_row_is_rung_for_again_after_a_while_and_then_more_rarely(reminder, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(after_commit.time, "monotonic", lambda: now[0])
    reminder.ring([1])
    times = []
    for _ in range(60):
        now[0] += 1
        if reminder.ring([1, 2]):
            times.append(now[0] - 1000)
    assert times[0] <= after_commit.REMIND_AFTER + 1
    assert 2 <= len(times) <= 6


def test_a_row_that_has_become_due_is_rung_for_at_once_however_busy_the_queue_is(reminder):
    reminder.ring([1])
    assert reminder.ring([1, 2, 3], postponed={3}) == [3]
    assert reminder.ring([1, 2, 3], postponed={3}) == []


def waiting(session) -> int:
    inbox.store_event("slack", "Ev1", {"type": "event_callback", "event": {"type": "message"}})
    session.commit()
    id = session.query(InboundEvent.id).scalar()
    session.rollback()
    return id


def test_a_worker_that_was_held_up_does_not_undo_what_another_has_done_since(app, session):
    id = waiting(session)
    late = worker_helpers.run_job(inbox._claim_event, id)
    session.get(InboundEvent, id).lease_until = clock.now() - timedelta(seconds=1)
    session.commit()
    worker_helpers.run_job(lambda _: inbox.sweep(), 0)
    assert worker_helpers.run_job(inbox.process_event, id)
    worker_helpers.run_job(lambda _: inbox._retry_later(late, TemporaryError("Slack did not answer.").reason), 0)
    assert session.get(InboundEvent, id, populate_existing=True).state in {"done", "ignored"}


def test_a_ring_for_what_is_done_takes_no_write_lock(app, session):
    id = waiting(session)
    assert worker_helpers.run_job(inbox.process_event, id)
    with extensions.db.engine.connect() as somebody, somebody.begin():
        if somebody.dialect.name != "sqlite":
            pytest.skip("Only SQLite has one lock for all writers.")
        assert worker_helpers.run_job(inbox.process_event, id) is False


def test_our_own_posts_are_not_taken_in_and_others_are(app, session):
    def told(**event) -> dict:
        return {
            "type": "event_callback",
            "api_app_id": "A1",
            "event": {"type": "message", "channel": "C1", "ts": "1.1"} | event,
        }

    assert echo_filter.is_echo(told(app_id="A1", subtype="bot_message"))
    assert not echo_filter.is_echo(told(user="U1"))
    assert not echo_filter.is_echo(told(app_id="A2", bot_id="B2"))
    assert not echo_filter.is_echo(told(app_id="A1", subtype="message_deleted"))
    assert inbox.store_event("slack", "Ev2", told(app_id="A1")) is False
    assert inbox.store_event("slack", "Ev3", told(user="U1")) is True
