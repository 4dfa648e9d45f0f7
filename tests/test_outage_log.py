"""An outage of the database, Redis, Slack or the mail server is one line with its cause, and one when it is over."""

import logging
import sqlite3

import pytest
import redis
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from helpdesk import config, extensions, outage_log
from helpdesk.database import errors
from helpdesk.demo import personas
from tests import conftest, worker_helpers
from workers import worker

log = logging.getLogger("helpdesk.tests")
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def no_repetition(monkeypatch):
    """However slow the machine, no second line is due."""
    monkeypatch.setattr(outage_log, "REPEAT_SECONDS", 3600.0)
    outage_log.reset_reports()


@pytest.fixture
def lines(caplog):
    """``lines()``: what was written about outages, as one reads it."""

    def read() -> list[str]:
        assert not any(record.exc_info for record in caplog.records)
        return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]

    with caplog.at_level(logging.WARNING):
        yield read


def gone(*_, **__):
    raise OperationalError("SELECT 1", {}, Exception("the server is gone\nand more lines"))


def test_an_outage_is_written_once_counted_and_ended_once(lines, monkeypatch):
    outage_log.note_recovery(log, "The mill stands still")
    for number in range(20):
        outage_log.report(log, "The mill stands still", "no wind", f"round {number}")
    monkeypatch.setattr(outage_log, "REPEAT_SECONDS", 0.0)
    outage_log.report(log, "The mill stands still", "no wind")
    for _ in range(20):
        outage_log.note_recovery(log, "The mill stands still")
    first, second, third = lines()
    assert first == "The mill stands still (round 0): no wind"
    assert second == "The mill stands still: no wind (19 more times since the last line)"
    assert third.startswith("The mill stands still: this is over after ")


def test_a_server_that_comes_and_goes_does_not_fill_the_log(lines):
    for _ in range(20):
        outage_log.report(log, "The mill stands still", "gusts")
        outage_log.note_recovery(log, "The mill stands still")
    assert len(lines()) == 2


@ON_SQLITE
def test_whatever_needs_the_database_has_one_outage(app, make, browser_of, monkeypatch, lines):
    browser = browser_of(make.user(make.organization()))
    with monkeypatch.context() as patched:
        for name in ("connect", "raw_connection"):
            patched.setattr(extensions.db.engine, name, gone)
        extensions.db.session.remove()
        for _ in range(5):
            assert browser.get("/tickets").status_code == 503
            pool = worker.make_delivery_drain(app).pools[0]
            pool.look()
            errors.ignore_if_unavailable(gone)
    assert [line.partition(" (")[0] for line in lines()] == [errors.UNANSWERED]
    assert "the server is gone" in lines()[0] and "\n" not in lines()[0]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_first_new_connection_ends_the_outage(app, session, lines):
    with pytest.raises(OperationalError) as raised:
        gone()
    errors.report_outage(log, raised.value, "a test")
    extensions.db.engine.dispose()
    session.execute(text("SELECT 1"))
    assert len(lines()) == 2 and lines()[1].startswith(f"{errors.UNANSWERED}: this is over")


@ON_SQLITE
def test_a_lock_that_is_not_given_is_no_server_that_does_not_answer(app, lines):
    refused = sqlite3.OperationalError("database is locked")
    refused.sqlite_errorname = "SQLITE_BUSY"
    errors.report_outage(log, OperationalError("UPDATE tickets SET", {}, refused), "a test")
    assert lines() == [
        "The database refused a statement (SQLITE_BUSY) (a test): OperationalError: database is locked "
        "(UPDATE tickets SET …)"
    ]


@ON_SQLITE
def test_redis_has_one_outage_with_its_cause(app, lines, monkeypatch):
    monkeypatch.setattr(extensions, "REDIS_COOLDOWN", 0.0)
    with monkeypatch.context() as patched:
        patched.setattr(config.current(), "REDIS_URL", f"redis://127.0.0.1:{conftest.free_port()}/0")
        extensions.drop_redis_client()
        for _ in range(5):
            assert not extensions.send_to_redis(lambda pipeline: pipeline.ping())
        wakeup = redis.ConnectionError("Error 111")
        worker.note_redis_outages()
        try:
            raise wakeup
        except redis.ConnectionError:
            logging.getLogger("rq.worker").error("Worker %s: could not connect to Redis instance: %s", "a", wakeup)
        logging.getLogger("rq.worker").error("Worker a: quitting...", exc_info=(type(wakeup), wakeup, None))
    extensions.drop_redis_client()
    for _ in range(5):
        assert extensions.send_to_redis(lambda pipeline: pipeline.ping())
    begun, ended = lines()
    assert begun.startswith(extensions.REDIS_AWAY) and "Connection refused" in begun
    assert ended.startswith(f"{extensions.REDIS_AWAY}: this is over")


class TestServicesThatAreGone:
    @pytest.fixture
    def settings(self, workspace, mailbox):
        """Slack and a mail server at which nobody listens yet."""
        closed = {"SLACK_API_URL": f"http://127.0.0.1:{conftest.free_port()}/api/", "MAIL_PORT": conftest.free_port()}
        return worker_helpers.settings(workspace, mailbox) | closed

    @ON_SQLITE
    def test_are_one_line_each(self, session, make, workspace, mailbox, lines, monkeypatch):
        make.channel(personas.TRIAGE_CHANNEL_ID)
        dana = make.user(make.organization("Globex", domain="globex.example"), "Dana", email="dana@globex.example")
        for number in range(3):
            make.ticket(dana, subject=f"Story {number}")
        worker_helpers.drain(session)
        assert sorted(line.partition(":")[0] for line in lines()) == [
            "Deliveries by email do not leave",
            "Deliveries by slack do not leave",
        ]
        monkeypatch.setattr(config.current(), "SLACK_API_URL", workspace.api_url)
        monkeypatch.setattr(config.current(), "MAIL_PORT", mailbox.port)
        worker_helpers.advance_time(session)
        worker_helpers.drain(session)
        assert len(mailbox.mails) == 3 and len(workspace.posted(personas.TRIAGE_CHANNEL_ID)) >= 3
        assert sum("this is over" in line for line in lines()) == 2 and len(lines()) == 4
