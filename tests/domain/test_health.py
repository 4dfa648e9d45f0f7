"""What the health checks say: by work that is done and writes that are taken, not by processes that exist."""

import errno
import os
from datetime import timedelta
from pathlib import PosixPath

import pytest
from sqlalchemy import text, update

from helpdesk import clock, extensions
from helpdesk.domain.monitoring import health, probes
from helpdesk.domain.outbox import progress
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from tests import conftest


@pytest.fixture(autouse=True)
def probe_every_time(monkeypatch):
    monkeypatch.setattr(probes, "PROBE_SECONDS", 0.0)
    monkeypatch.setattr(probes, "MIN_FREE_DISK_BYTES", 0)


def names_of(findings) -> list[str]:
    return [finding.name for finding in findings]


def add_deliveries(session, count, **values):
    for _ in range(count):
        session.add(Delivery(kind="sign_in", queue_key="mail", subject_id=1, **values))
    session.commit()


def test_nothing_due_is_in_order(session):
    add_deliveries(session, 2, due_at=clock.now() + timedelta(hours=1))
    found = progress.measure_progress()
    assert (found.due, found.untried_for, found.is_stalled) == (0, None, False)
    assert health.is_ready() == (True, [])


def test_due_deliveries_that_nobody_tries_are_counted(session):
    add_deliveries(session, 3, due_at=clock.now() - timedelta(minutes=10))
    found = progress.measure_progress()
    assert found.due == 3 and found.is_stalled
    assert found.sentence == f"3 deliveries are due, none tried for {found.untried_for.total_seconds():.0f} s."
    ready, findings = health.is_ready()
    assert ready and names_of(findings) == ["Deliveries"]


def test_backlog_that_workers_are_at_is_in_order(session):
    add_deliveries(session, 3, due_at=clock.now() - timedelta(minutes=10))
    add_deliveries(session, 1, state=DeliveryState.sending, started_at=clock.now() - timedelta(seconds=2))
    found = progress.measure_progress()
    assert found.due == 3 and not found.is_stalled
    session.execute(update(Delivery).values(started_at=clock.now() - timedelta(minutes=5)))
    session.commit()
    assert progress.measure_progress().is_stalled


def test_deliveries_that_wait_behind_another_are_not_due(session, make):
    make.channel("C0TRIAGE001")
    make.ticket()
    session.execute(update(Delivery).values(due_at=clock.now() - timedelta(minutes=10)))
    session.execute(update(Delivery).where(Delivery.kind != "card").values(state=DeliveryState.sent))
    card = session.query(Delivery).filter_by(kind="card").one()
    session.add(Delivery(kind="line", thread_id=card.thread_id, due_at=clock.now() - timedelta(minutes=10)))
    session.commit()
    assert progress.measure_progress().due == 1, "the card"
    card.state = DeliveryState.failed
    session.commit()
    assert progress.measure_progress().due == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_redis_that_takes_no_writes_is_named(app, session, redis_url):
    other = conftest.free_port()
    extensions.redis().execute_command("REPLICAOF", "127.0.0.1", str(other))
    try:
        ready, findings = health.is_ready()
        assert ready and names_of(findings) == ["Queue"]
        assert "ReadOnly" in findings[0].sentence
    finally:
        extensions.redis().execute_command("REPLICAOF", "NO", "ONE")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_database_that_takes_no_writes_is_named(session):
    session.execute(text("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"))
    session.commit()
    ready, findings = health.is_ready()
    session.rollback()
    session.execute(text("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE"))
    session.commit()
    assert ready and names_of(findings) == ["Writes"]
    assert "read-only" in findings[0].sentence


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_folder_that_takes_no_files_is_named(app, tmp_path, monkeypatch):
    (tmp_path / "files").mkdir()
    assert probes.find_folder_error() is None
    monkeypatch.setattr(probes, "Path", PathOnFullDisk)
    ready, findings = health.is_ready()
    assert ready and names_of(findings) == ["Writes"]
    assert "No space left" in findings[0].sentence


class PathOnFullDisk(PosixPath):
    def write_bytes(self, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(("revision", "is_able"), [("9999", True), ("0001", False), (None, False)])
def test_newer_schema_is_served_and_an_older_one_is_not(session, revision, is_able):
    present = session.scalar(text("SELECT version_num FROM alembic_version"))
    if revision is None:
        session.execute(text("DELETE FROM alembic_version"))
    else:
        session.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    session.commit()
    ready, findings = health.is_ready()
    session.rollback()
    session.execute(text("DELETE FROM alembic_version"))
    session.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": present})
    session.commit()
    assert ready is is_able
    assert ("Schema" in names_of(findings)) is not is_able


def test_what_has_no_thread_is_listed_under_the_channel_that_sends_it(make, session):
    agent = make.agent("Tomas")
    for kind in (DeliveryKind.home, DeliveryKind.weekly_summary, DeliveryKind.webhook):
        session.add(Delivery(kind=kind, subject_id=agent.id))
    session.commit()
    listed = {(found.kind, found.label): found.waiting for found in health.list_destinations()}
    expected = {"slack": "Slack home pages and direct messages", "email": "other mail", "webhook": "webhooks"}
    assert listed == dict.fromkeys(expected.items(), 1)
