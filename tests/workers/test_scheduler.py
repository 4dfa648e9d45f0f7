"""Jobs are rows: once per interval, once for two schedulers, never lost, with a Redis that does not exist."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from helpdesk import clock
from helpdesk.domain import background_jobs
from helpdesk.models.background_job import BackgroundJob
from tests import conftest, timeouts, worker_helpers
from workers import jobs, scheduler


@pytest.fixture
def settings():
    return {"REDIS_URL": f"redis://127.0.0.1:{conftest.free_port()}/0"}


@pytest.fixture
def bound(app):
    jobs.bind(app, None)
    scheduler.register_jobs()
    return app


def run_due(session) -> list[str]:
    """Run every job that is due, as one worker would; their names."""
    session.rollback()
    names = dict(session.execute(select(BackgroundJob.id, BackgroundJob.name)).all())
    session.rollback()
    due = worker_helpers.run_job(scheduler.list_due, 100)
    for id in due:
        worker_helpers.run_job(scheduler.run_job, id)
    return sorted(names[id] for id in due)


def test_every_periodic_job_runs_once_per_interval(bound, session):
    names = sorted(job.__name__ for job in scheduler.PERIODIC_JOBS)
    assert run_due(session) == names
    assert run_due(session) == []
    worker_helpers.advance_time(session, 61)
    assert "warn_of_service_levels" in run_due(session)
    assert session.scalar(select(func.count(BackgroundJob.id)).where(BackgroundJob.attempts > 0)) == 0


def test_registering_again_keeps_the_times(bound, session):
    run_due(session)
    scheduler.register_jobs()
    assert run_due(session) == []


def test_two_schedulers_run_a_job_once(bound, app, session, monkeypatch):
    runs, both = [], threading.Barrier(2, timeout=timeouts.LIMIT)
    monkeypatch.setitem(scheduler.FUNCTIONS, "alert_admins", lambda: runs.append(1))
    id = session.scalar(select(BackgroundJob.id).where(BackgroundJob.name == "alert_admins"))
    session.rollback()

    def run():
        with app.app_context():
            both.wait()
            scheduler.run_job(id)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeouts.LIMIT)
    assert runs == [1]


def test_job_is_asked_for_in_the_transaction_and_deleted_when_done(bound, session, monkeypatch):
    done = []
    monkeypatch.setitem(scheduler.FUNCTIONS, "erase_organization", done.append)
    monkeypatch.setattr(scheduler, "REQUESTED_JOBS", (done.append,))
    run_due(session)
    background_jobs.enqueue_job("erase_organization", 7)
    session.rollback()
    assert run_due(session) == []
    background_jobs.enqueue_job("erase_organization", 7)
    background_jobs.enqueue_job("erase_organization", 7)
    session.commit()
    assert run_due(session) == ["erase_organization"] and done == [7]
    assert session.scalar(select(func.count()).where(BackgroundJob.name == "erase_organization")) == 0


def test_job_that_is_asked_for_while_it_runs_runs_again(bound, session):
    run_due(session)
    background_jobs.enqueue_job("apply_service_levels")
    session.commit()
    id = session.scalar(select(BackgroundJob.id).where(BackgroundJob.interval_seconds.is_(None)))
    claim = background_jobs.claim_job(id)
    background_jobs.enqueue_job("apply_service_levels")
    session.commit()
    background_jobs.finish_job(claim)
    assert run_due(session) == ["apply_service_levels"]


def test_job_of_a_killed_worker_is_taken_after_its_lease(bound, session):
    run_due(session)
    background_jobs.enqueue_job("apply_service_levels")
    session.commit()
    id = session.scalar(select(BackgroundJob.id).where(BackgroundJob.interval_seconds.is_(None)))
    killed = background_jobs.claim_job(id)
    assert run_due(session) == []
    background_jobs.renew_lease(killed)
    session.execute(update(BackgroundJob).where(BackgroundJob.id == id).values(lease_until=clock.now()))
    session.commit()
    taken = background_jobs.claim_job(id)
    background_jobs.finish_job(killed)
    assert session.scalar(select(BackgroundJob.lease_owner).where(BackgroundJob.id == id)) == taken.owner


def test_job_that_fails_is_run_again_later(bound, session, monkeypatch):
    def fail():
        raise RuntimeError("This one does not work.")

    run_due(session)
    monkeypatch.setitem(scheduler.FUNCTIONS, "alert_admins", fail)
    session.execute(update(BackgroundJob).values(due_at=clock.now() + timedelta(days=9)))
    session.execute(update(BackgroundJob).where(BackgroundJob.name == "alert_admins").values(due_at=clock.now()))
    session.commit()
    assert run_due(session) == ["alert_admins"]
    row = session.scalar(select(BackgroundJob).where(BackgroundJob.name == "alert_admins"))
    assert row.lease_until is None and row.due_at > clock.now()
