"""Providers that give the address at their UserInfo endpoint only (OpenID Connect Core 1.0, sections 5.3 and 5.4)."""

import json

import flask
import pytest

from helpdesk.models.user import User
from tests.web.sign_in.companies import connect, serve_company

DANA = "dana@globex.example"


@pytest.fixture
def settings(box):
    return {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": box.port, "WEBHOOKS_TO_LOOPBACK": True}


@pytest.fixture
def provider():
    with serve_company("Globex") as provider:
        provider.claims_at_userinfo = True
        yield provider


@pytest.fixture
def globex(make):
    return make.organization("Globex", domain="globex.example")


def test_address_name_and_groups_are_asked_for(browser, provider, globex, session):
    rules = [{"claim": "groups", "value": "Leads", "gives": "organization"}]
    connection = connect(session, globex, provider, role_rules=rules)
    provider.account(DANA, "Dana Deed", groups=["Leads"])
    answer = browser.through(provider, DANA, f"sso/{connection.slug}")
    assert answer.headers["Location"] == "/tickets", answer.text
    dana = session.query(User).one()
    assert (browser.who(), dana.name, dana.ticket_visibility) == (DANA, "Dana Deed", "organization")


def test_an_answer_that_cannot_be_used_signs_in_nobody(new_browser, provider, globex, session):
    connection = connect(session, globex, provider)
    provider.account(DANA)

    def says(values, status=200):
        return lambda: flask.Response(json.dumps(values), status, mimetype="application/json")

    subject = provider.accounts[DANA].subject
    cases = {
        "somebody else": says({"sub": "another", "email": DANA}),
        "nobody": says({"email": DANA}),
        "a list": says([subject, DANA]),
        "an error": says({"sub": subject, "email": DANA}, 500),
        "a redirect": lambda: flask.redirect("https://example.com/"),
        "no JSON": lambda: flask.Response("<html>", 200),
        "no end": lambda: flask.Response((b"x" * 65536 for _ in range(1000)), 200),
        "no address": says({"sub": subject}),
        "an address of others": says({"sub": subject, "email": "rita@initech.example", "email_verified": True}),
    }
    for case, answer in cases.items():
        provider.answers["userinfo"] = answer
        browser = new_browser()
        browser.through(provider, DANA, f"sso/{connection.slug}")
        session.rollback()
        session.refresh(connection)
        assert browser.who() is None and session.query(User).count() == 0, case
        assert connection.last_failure in ("userinfo", "no_address", "domain"), case


def test_the_signed_claims_count_more(browser, provider, globex, session):
    connection = connect(session, globex, provider, role_rules=[{"claim": "team", "value": "x", "gives": "own"}])
    provider.claims_at_userinfo = False  # but a rule asks for a claim that the ID token lacks
    provider.account(DANA)
    subject = provider.accounts[DANA].subject
    provider.answers["userinfo"] = lambda: flask.jsonify(sub=subject, email="rita@initech.example", iss="x", sid="y")
    browser.through(provider, DANA, f"sso/{connection.slug}")
    assert browser.who() == DANA
