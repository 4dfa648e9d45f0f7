"""Endpoints without a cookie: the sender is verified before a body is parsed, and every body has a size limit."""

import hashlib
import hmac
import io
import json
import sqlite3
import time

import pytest
from sqlalchemy import func, select

from helpdesk.database import transactions
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.web import csp_report, hooks

SECRET = "s" * 32


@pytest.fixture(params=["sqlite"])
def database_url(fresh_sqlite):
    return fresh_sqlite


@pytest.fixture
def settings():
    return {"SLACK_SIGNING_SECRET": SECRET, "INBOUND_MAIL_SECRET": "i" * 32}


def signed(body: bytes, stamp: str | None = None, secret: str = SECRET) -> dict:
    stamp = stamp or str(int(time.time()))
    proof = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={proof}", "Content-Type": "application/json"}


def endless(size: int) -> dict:
    """A body that does not say how long it is, as with Transfer-Encoding: chunked."""
    return {"input_stream": io.BytesIO(b"x" * size), "environ_overrides": {"wsgi.input_terminated": True}}


def waiting(session) -> int:
    return session.scalar(select(func.count()).select_from(InboundEvent))


@pytest.mark.parametrize("way", ["events", "actions", "commands"])
def test_body_without_content_length_is_read_up_to_the_limit(browser_of, way):
    answer = browser_of().post(f"/hooks/slack/{way}", **endless(hooks.MAX_EVENT_BYTES + 1))
    assert answer.status_code == 413


def test_slack_is_answered_in_time_while_the_database_is_locked(browser_of, app, session):
    path = app.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///")
    writer = sqlite3.connect(path, isolation_level=None)
    body = json.dumps({"type": "event_callback", "event_id": "Ev1", "event": {"type": "message"}}).encode()
    client = browser_of()
    writer.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    answer = client.post("/hooks/slack/events", data=body, headers=signed(body))
    took = time.monotonic() - started
    writer.execute("ROLLBACK")
    assert answer.status_code == 503 and answer.headers["Retry-After"]
    assert hooks.MAX_LOCK_WAIT_SECONDS < 3 and took < 30, "conftest has other requests wait for a minute"
    assert client.post("/hooks/slack/events", data=body, headers=signed(body)).status_code == 200
    assert waiting(session) == 1
    assert transactions.longest_lock_wait() > 60


def test_mail_without_content_length_is_read_up_to_the_limit(browser_of, session, monkeypatch):
    monkeypatch.setattr(hooks, "MAX_MAIL_BYTES", 1000)
    headers = {"X-Inbound-Secret": "i" * 32}
    assert browser_of().post("/hooks/email", headers=headers, **endless(1001)).status_code == 413
    assert browser_of().post("/hooks/email", headers=headers, data=b"x" * 1001).status_code == 413
    assert waiting(session) == 0


def test_csp_report_of_any_length_is_accepted_cheaply(browser_of):
    assert browser_of().post("/csp", **endless(csp_report.MAX_REPORT_BYTES + 1)).status_code == 413
    assert browser_of().post("/csp", data=b"[" * 10_000).status_code == 204


def test_csp_report_cannot_inject_log_lines(browser_of, caplog):
    report = {"csp-report": {"blocked-uri": "x\nERROR all is lost", "document-uri": "y"}}
    assert browser_of().post("/csp", data=json.dumps(report)).status_code == 204
    assert "\nERROR" not in caplog.text and "all is lost" in caplog.text


@pytest.mark.parametrize("secret", ["", "I" * 32, "i" * 31, "i" * 33, "\u00ef" * 32])
def test_mail_needs_the_secret(browser_of, session, secret):
    answer = browser_of().post("/hooks/email", headers={"X-Inbound-Secret": secret}, data=b"From: a@b.example\r\n\r\nx")
    assert answer.status_code == 401 and answer.data == b""
    assert waiting(session) == 0


BODY = json.dumps({"type": "event_callback", "event_id": "Ev1", "event": {"type": "message"}}).encode()


@pytest.mark.parametrize("stamp", ["", "x", "1.5", "-1", "9" * 40, "1e9", "\u0661\u0662", "NaN", " 1"])
def test_malformed_timestamp_is_refused(browser_of, session, stamp):
    headers = {**signed(BODY), "X-Slack-Request-Timestamp": stamp}
    assert browser_of().post("/hooks/slack/events", headers=headers, data=BODY).status_code == 401
    assert waiting(session) == 0


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_or_early_request_is_refused(browser_of, session, minutes):
    headers = signed(BODY, str(int(time.time()) + 60 * minutes))
    assert browser_of().post("/hooks/slack/events", headers=headers, data=BODY).status_code == 401
    assert waiting(session) == 0


@pytest.mark.parametrize("proof", ["", "v0=", "v0=\u00e9", "v1=" + "0" * 64, "v0=" + "0" * 64])
def test_a_wrong_signature_is_refused(browser_of, session, proof):
    headers = {**signed(BODY), "X-Slack-Signature": proof}
    assert browser_of().post("/hooks/slack/events", headers=headers, data=BODY).status_code == 401
    assert waiting(session) == 0


def test_a_signature_of_another_body_is_refused(browser_of, session):
    assert browser_of().post("/hooks/slack/events", headers=signed(BODY), data=BODY + b" ").status_code == 401
    assert waiting(session) == 0


def test_the_same_event_twice_is_one(browser_of, session):
    for _ in range(2):
        assert browser_of().post("/hooks/slack/events", headers=signed(BODY), data=BODY).status_code == 200
    assert waiting(session) == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'{"a":' * 5000, b"\xff\xfe", b"payload=x", b"a=1"])
def test_payloads_slack_never_sends_are_refused(browser_of, session, body):
    assert browser_of().post("/hooks/slack/events", headers=signed(body), data=body).status_code in (400, 401)
    assert waiting(session) == 0
