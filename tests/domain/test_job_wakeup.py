"""How workers are woken, and who may finish what somebody else took over."""

from datetime import timedelta

import pytest

from helpdesk import clock, extensions, jobs
from helpdesk.channels.slack.parse import echo_filter
from helpdesk.domain import inbox
from helpdesk.domain.inbox import process
from helpdesk.domain.outbox.errors import TemporaryError
from helpdesk.models.inbound_event import InboundEvent
from tests import worker_helpers


def test_one_job_wakes_workers_for_any_number_of_rows(app):
    for name in (jobs.WAKE_QUEUE, jobs.JOBS_QUEUE):
        extensions.queue(name).empty()
    assert jobs.wake_workers([("deliver", 1), ("deliver", 2), ("receive", 3), (jobs.JOB_ROWS, 0)])
    for name in (jobs.WAKE_QUEUE, jobs.JOBS_QUEUE):
        assert [job.func_name for job in extensions.queue(name).jobs] == ["workers.jobs.drain"]


def test_a_job_for_home_views_also_stands_for_the_rows_of_the_same_change(app):
    extensions.queue(jobs.WAKE_QUEUE).empty()
    assert jobs.wake_workers([("deliver", 1), ("refresh_homes", 7), ("deliver", 2)])
    assert [(job.func_name, *job.args) for job in extensions.queue(jobs.WAKE_QUEUE).jobs] == [
        ("workers.jobs.refresh_homes", 7)
    ]


def waiting(session) -> int:
    inbox.store_event("slack", "Ev1", {"type": "event_callback", "event": {"type": "message"}})
    session.commit()
    id = session.query(InboundEvent.id).scalar()
    session.rollback()
    return id


def test_a_worker_that_was_held_up_does_not_undo_what_another_has_done_since(app, session):
    id = waiting(session)
    late = worker_helpers.run_job(process._claim_event, id)
    session.get(InboundEvent, id).lease_until = clock.now() - timedelta(seconds=1)
    session.commit()
    worker_helpers.run_job(lambda _: inbox.release_expired_leases(), 0)
    assert worker_helpers.run_job(inbox.process_event, id)
    worker_helpers.run_job(lambda _: process._retry_later(late, TemporaryError("Slack did not answer.").reason), 0)
    assert session.get(InboundEvent, id, populate_existing=True).state in {"done", "ignored"}


def test_a_wake_up_for_what_is_done_takes_no_write_lock(app, session):
    id = waiting(session)
    assert worker_helpers.run_job(inbox.process_event, id)
    with extensions.db.engine.connect() as somebody, somebody.begin():
        if somebody.dialect.name != "sqlite":
            pytest.skip("Only SQLite has one lock for all writers.")
        assert worker_helpers.run_job(inbox.process_event, id) is False


def test_our_own_posts_are_not_taken_in_and_others_are(app, session):
    def payload(**event) -> dict:
        return {
            "type": "event_callback",
            "api_app_id": "A1",
            "event": {"type": "message", "channel": "C1", "ts": "1.1"} | event,
        }

    assert echo_filter.is_echo(payload(app_id="A1", subtype="bot_message"))
    assert not echo_filter.is_echo(payload(user="U1"))
    assert not echo_filter.is_echo(payload(app_id="A2", bot_id="B2"))
    assert not echo_filter.is_echo(payload(app_id="A1", subtype="message_deleted"))
    assert inbox.store_event("slack", "Ev2", payload(app_id="A1")) is False
    assert inbox.store_event("slack", "Ev3", payload(user="U1")) is True
