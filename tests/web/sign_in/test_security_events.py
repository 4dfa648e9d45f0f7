"""What happens to sign-ins is in the audit log and in the program's log, without a secret."""

import json
import logging
import re

import pytest

from helpdesk.domain.administration import audit_log
from helpdesk.domain.privacy import row_retention
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.organization import Organization
from tests import time_travel
from tests.web.sign_in.conftest import chosen

DANA = "dana@globex.example"


@pytest.fixture(autouse=True)
def globex(make):
    return make.organization("Globex", domain="globex.example")


@pytest.fixture
def logged(caplog):
    caplog.set_level(logging.INFO, logger="helpdesk.audit")
    return lambda: [json.loads(record.getMessage()) for record in caplog.records if record.name == "helpdesk.audit"]


def entries(session):
    session.rollback()
    return [(entry.action, entry.subject) for entry in session.query(AuditEntry).order_by(AuditEntry.id)]


def test_signing_in_wrong_codes_and_signing_out(browser, box, post_office, session, logged):
    browser.post("/sign-in/link", {"email": DANA})
    post_office()
    mail = box.wait_for(DANA)
    browser.post("/sign-in/code", {"code": "00000000"}, page="/sign-in/code")
    browser.post("/sign-in/code", {"code": mail.code}, page="/sign-in/code")
    browser.post("/account/sessions/delete", page="/account")
    browser.post("/sign-out", page="/account")
    expected = [
        (audit_log.WRONG_CODE, DANA),
        (audit_log.SIGNED_IN, DANA),
        (audit_log.ENDED_SESSIONS, DANA),
        (audit_log.SIGNED_OUT, DANA),
    ]
    assert entries(session) == expected
    assert [entry["action"] for entry in logged()] == [action for action, _ in expected]
    assert {entry["subject"] for entry in logged()} == {audit_log.pseudonymize(DANA)}, "a log cannot be erased"
    assert logged()[1]["provider"] == "link" and "network" in logged()[1]
    token = re.search(r"/sign-in/link/([\w-]+)", mail.text).group(1)
    written = json.dumps(logged()) + str([entry.details for entry in session.query(AuditEntry)])
    assert mail.code not in written and token not in written


def test_refused_sign_ins_by_link_and_provider(browser, google, make, session, box, post_office, logged):
    google.account("x@nowhere.example", hd="nowhere.example", email_verified=True)
    browser.through(google, "x@nowhere.example")
    google.account(DANA, hd="globex.example", email_verified=True)
    browser.post("/sign-in/link", {"email": DANA})
    post_office()
    path = re.search(r"http://localhost(/sign-in/link/[\w-]+)", box.wait_for(DANA).text).group(1)
    session.query(Organization).one().portal_enabled = False
    session.commit()
    assert browser.post(path, page=path).status_code == 403
    found = [entry for entry in entries(session) if entry[0] == audit_log.SIGN_IN_REFUSED]
    assert found == [(audit_log.SIGN_IN_REFUSED, "x@nowhere.example"), (audit_log.SIGN_IN_REFUSED, DANA)]
    assert [entry["provider"] for entry in logged() if entry["action"] == audit_log.SIGN_IN_REFUSED] == [
        "google",
        "link",
    ]


def test_a_provider_that_proves_nothing_is_recorded(browser, google, session):
    google.account(DANA, hd="globex.example", email_verified=True)
    away = browser.get("/sign-in/google").headers["Location"]
    back = chosen(away.replace("nonce=", "nonce=x"), DANA)
    assert browser.get(back).status_code == 400
    assert entries(session) == [(audit_log.SIGN_IN_REFUSED, "")]


def test_entries_about_sign_ins_are_removed_after_half_a_year_and_others_stay(make, session):
    for action in (*audit_log.ROUTINE_ACTIONS, "changed role"):
        audit_log.add_entry(action, None, DANA)
    session.commit()
    time_travel.advance(181 * 86_400)
    audit_log.add_entry(audit_log.SIGNED_IN, None, DANA)
    while row_retention.purge_next_batch():
        pass
    session.commit()
    assert entries(session) == [("changed role", DANA), (audit_log.SIGNED_IN, DANA)]


def test_who_is_refused_a_page_is_in_the_log(make, browser_of, caplog):
    caplog.set_level(logging.INFO)
    assert browser_of(make.agent("Maya")).get("/settings/portal").status_code == 403
    assert any("settings_portal.show_portal_settings" in record.getMessage() for record in caplog.records)


def test_a_refused_api_token_is_in_the_log_without_the_token(browser_of, caplog):
    caplog.set_level(logging.INFO)
    secret = "hd_" + "x" * 40
    assert browser_of().get("/api/tickets", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    assert "An API token was refused" in caplog.text and secret not in caplog.text
