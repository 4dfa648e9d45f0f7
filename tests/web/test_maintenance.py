"""Maintenance mode: everything is read, nothing is saved, what comes in is stored and waits."""

import threading

import pytest
from sqlalchemy import func, select

from helpdesk.domain.administration import settings as portal_settings
from helpdesk.domain.integrations import api_tokens
from helpdesk.domain.outbox import progress
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from helpdesk.models.setting import SETTINGS
from tests import timeouts
from tests.web.pages import parse_page
from tests.web.route_world import csrf_of
from workers.drain import DrainPool

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TEXT = "Back at nine."


@pytest.fixture
def settings():
    return {"INBOUND_MAIL_SECRET": "i" * 32, "MAIL_SERVER": "127.0.0.1"}


@pytest.fixture
def switch(app, session):
    """``switch(is_on, text="")``: maintenance mode."""

    def set_mode(is_on: bool, text: str = "") -> None:
        portal_settings.set("maintenance", is_on)
        portal_settings.set("maintenance_text", text)
        session.commit()
        portal_settings.invalidate_cache()

    yield set_mode
    portal_settings.invalidate_cache()


def send(client, path, expected=303, /, **data):
    answer = client.post(path, data={"csrf_token": csrf_of(client), **data})
    assert answer.status_code == expected, answer.text[-2000:]
    return answer


def count(session, model, *conditions) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(model).where(*conditions))


def test_a_customer_reads_and_their_reply_is_refused_in_words(switch, make, session, browser_of):
    ticket = make.ticket()
    client, path = browser_of(ticket.requester), f"/tickets/{ticket.number}/replies"
    switch(True, TEXT)
    assert TEXT in parse_page(client.get(f"/tickets/{ticket.number}")).select_one("aside.announcement").text
    answer = send(client, path, 503, body="Not lost")
    assert TEXT in answer.text and answer.headers["Retry-After"] == "60"
    assert count(session, Message, Message.body == "Not lost") == 0
    switch(False)
    send(client, path, body="Not lost")
    assert count(session, Message, Message.body == "Not lost") == 1
    assert not parse_page(client.get("/tickets")).select("aside.announcement")


def test_an_admin_switches_it_on_and_off(make, browser_of):
    client = browser_of(make.agent("Ada", role="admin"))
    send(client, "/settings/maintenance", maintenance="1", maintenance_text=TEXT)
    closing = {"close_after_days": "30", "close_warning_days": "2"}
    send(client, "/settings/closing", 503, **closing)
    assert portal_settings.get("close_after_days") == SETTINGS["close_after_days"].default
    send(client, "/settings/maintenance", 422, maintenance="1", maintenance_text="x" * 301)
    send(client, "/settings/maintenance", maintenance_text=TEXT)
    send(client, "/settings/closing", **closing)
    assert portal_settings.get("close_after_days") == 30


def test_without_a_text_people_read_our_own_sentence_and_sign_in(switch, app, make):
    make.user(make.organization("Globex", "globex.example"), email="dana@globex.example")
    switch(True)
    client = app.test_client()
    page = parse_page(client.get("/sign-in"))
    assert "nothing can be saved" in page.select_one("aside.announcement").text
    assert send(client, "/sign-in/link", email="dana@globex.example").headers["Location"].startswith("/sign-in")


def test_the_api_answers_with_a_problem(switch, app, make, session):
    _, secret = api_tokens.issue_token(name="Test", scopes=["tickets:write"], user=make.agent("Ada", role="admin"))
    session.commit()
    switch(True, TEXT)
    answer = app.test_client().post("/api/tickets", json={}, headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert TEXT in answer.json["detail"] and answer.headers["Retry-After"] == "60"


@pytest.fixture
def start(app):
    """``start(**options)``: a pool of one thread that is always due with row 7, and what it did. Ended afterwards."""
    pools = []

    def begin(**options):
        done: list[int] = []
        pool = DrainPool(app, "test", 1, lambda limit: [] if done else [7], done.append, **options)
        pool.threads[0].start()
        pools.append(pool)
        return pool, done

    yield begin
    for pool in pools:
        pool.end()
        pool.threads[0].join(timeouts.LIMIT)


def test_workers_wait_but_for_account_mails(switch, start):
    (waiting, late), (working, early) = start(), start(works_in_maintenance=True)
    switch(True)
    waiting.look()
    working.look()
    timeouts.wait_for(lambda: early, "the account mail")
    assert late == [] and not waiting._waiting
    switch(False)
    waiting.look()
    timeouts.wait_for(lambda: late, "what waited")


def test_a_queue_that_is_being_delivered_waits_too(switch, app):
    """Each row names the one behind it, so that no query for due rows would end that."""
    begun, go_on, done = threading.Event(), threading.Event(), []

    def process(row_id):
        begun.set()
        go_on.wait(timeouts.LIMIT)
        done.append(row_id)
        return row_id + 1 if row_id < 9 else None

    pool = DrainPool(app, "test", 1, lambda limit: [7], process, names_next=True)
    pool.threads[0].start()
    pool.look()
    assert begun.wait(timeouts.LIMIT)
    switch(True)
    pool.look()
    go_on.set()
    timeouts.wait_for(lambda: done and not pool._in_work, "the row that was in work")
    pool.end()
    pool.threads[0].join(timeouts.LIMIT)
    assert done == [7] and not pool._waiting


def test_a_mail_is_stored_and_a_delivery_that_waits_is_no_failure(switch, app, session, make, monkeypatch):
    make.channel("C0TRIAGE001")
    make.ticket()
    switch(True)
    headers = {"X-Inbound-Secret": "i" * 32}
    answer = app.test_client().post("/hooks/email", data=b"From: a@b.example\r\n\r\nHello", headers=headers)
    assert answer.status_code == 200 and count(session, InboundEvent) == 1
    monkeypatch.setattr(progress, "DUE_AFTER", -progress.STALLED_AFTER)
    monkeypatch.setattr(progress, "STALLED_AFTER", -progress.STALLED_AFTER)
    found = progress.measure_progress()
    assert found.due > 0 and not found.is_stalled and "maintenance" in found.sentence
    switch(False)
    assert progress.measure_progress().is_stalled
