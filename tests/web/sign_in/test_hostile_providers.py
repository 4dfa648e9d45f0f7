"""Providers that lie: whatever one answers, it signs in nobody whom it may not speak for.

Each row of a table is one false claim of Globex's provider about somebody, beside an honest Initech of its own; after
each nobody is signed in, joined or changed. The claims are those of OpenID Connect Core 1.0 section 3.1.3.7, RFC 8725,
RFC 9207 and of reported attacks (nOAuth, mix-up, cut-and-paste).
"""

import json
import re
import time

import flask
import pytest

from helpdesk.domain.authentication import provider_claims, provider_keys
from helpdesk.domain.authentication.connections import claims
from helpdesk.models.session import Session
from helpdesk.models.user import Identity, User
from tests import process_state, timeouts
from tests.web.sign_in.companies import connect, serve_company
from tests.web.sign_in.conftest import chosen
from tests.web.sign_in.hostile_answers import ADDRESSES, BODIES, DANA, DOCUMENTS, MAYA, RESPONSES, RITA, TOKENS


@pytest.fixture
def settings(box):
    named = ["keycloak.internal"]
    mail = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": box.port}
    return mail | {"WEBHOOKS_TO_LOOPBACK": True, "PRIVATE_PROVIDER_HOSTS": named}


@pytest.fixture
def provider():
    with serve_company("Globex") as provider:
        provider.discovery_changes["userinfo_endpoint"] = None  # what lies there: test_user_info.py
        yield provider


@pytest.fixture
def world(make, session, provider):
    """Globex with its provider, and people of Initech and of the team, whom it must not reach."""
    globex = make.organization("Globex", domain="globex.example")
    initech = make.organization("Initech", domain="initech.example")
    make.user(initech, "Rita", email=RITA)
    make.agent("Maya", role="admin", email=MAYA)
    return connect(session, globex, provider)


@pytest.fixture
def nobody_came_in(session):
    def check(case, browser):
        session.rollback()
        assert browser.who() is None, case
        found = session.query(Session).count(), session.query(Identity).count(), session.query(User).count()
        assert found == (0, 0, 2), case

    return check


def answers(provider, connection, browser, response=None):
    """Go to the provider as Dana and come back; the portal's answer."""
    away = browser.get(f"/sign-in/sso/{connection.slug}")
    provider.response_changes = response or {}
    return browser.get(chosen(away.headers["Location"], DANA))


def test_tokens_that_lie(new_browser, provider, world, nobody_came_in):
    for case, lie in TOKENS.items():
        filled = json.loads(
            json.dumps(lie).replace("{issuer}", provider.url).replace("{ISSUER}", provider.url.replace("http", "HTTP"))
        )
        provider.account(DANA)
        provider.next_token(**filled)
        browser = new_browser()
        answer = answers(provider, world, browser)
        assert answer.status_code == 400 and "You are not signed in" in answer.text, case
        nobody_came_in(case, browser)


def test_addresses_it_may_not_speak_for(new_browser, provider, world, nobody_came_in):
    pages = set()
    for case, lie in ADDRESSES.items():
        provider.account(DANA)
        provider.next_token(claims=lie)
        browser = new_browser()
        answer = answers(provider, world, browser)
        assert answer.status_code in (400, 403), (case, answer.status_code, answer.headers.get("Location"))
        if answer.status_code == 403:
            sentence = re.search(r"<h1>.*?</p>", answer.text, re.DOTALL).group()
            pages.add(sentence.replace(str(lie["email"]), "ADDRESS"))
        nobody_came_in(case, browser)
    assert len(pages) == 1, "the page says the same of an agent, of others' customers and of nobody"


def test_answers_that_were_swapped(new_browser, provider, world, nobody_came_in):
    for case, change in RESPONSES.items():
        provider.account(DANA)
        browser = new_browser()
        answer = answers(provider, world, browser, change)
        assert answer.status_code in (302, 303, 400), case
        nobody_came_in(case, browser)


def test_another_subject_with_a_known_address_joins_nobody(browser, new_browser, provider, world, session):
    provider.account(DANA)
    assert answers(provider, world, browser).status_code == 303 and browser.who() == DANA
    provider.next_token(claims={"sub": "somebody-new"})
    second = new_browser()
    assert answers(provider, world, second).headers["Location"] == "/sign-in/code" and second.who() is None
    session.rollback()
    assert session.query(Identity).count() == 1


def test_a_known_subject_with_anothers_address_stays_who_it_is(browser, new_browser, provider, world, session):
    provider.account(DANA)
    answers(provider, world, browser)
    for email in (RITA, MAYA, "boss@globex.example"):
        provider.next_token(claims={"email": email})
        other = new_browser()
        assert answers(provider, world, other).status_code == 303 and other.who() == DANA, email


def test_two_connections_of_one_issuer_keep_their_people_apart(new_browser, provider, world, make, session):
    umbra = make.organization("Umbra", domain="umbra.example")
    hostile = connect(session, umbra, provider, domains=["umbra.example", "globex.example"])
    provider.account(DANA)
    assert answers(provider, world, new_browser()).status_code == 303
    other = new_browser()
    assert answers(provider, hostile, other).status_code == 403, "same issuer, same subject, another's connection"
    assert other.who() is None
    away = new_browser()
    back = chosen(away.get(f"/sign-in/sso/{world.slug}").headers["Location"], DANA)
    assert away.get(back.replace(world.slug, hostile.slug)).status_code == 400 and away.who() is None


def test_another_issuer_behind_the_connection_joins_nobody(browser, new_browser, provider, world, session):
    provider.account(DANA)
    answers(provider, world, browser)
    with serve_company("Attacker") as attacker:
        attacker.account(DANA)
        provider.discovery_changes = {
            "authorization_endpoint": f"{attacker.url}/authorize",
            "token_endpoint": f"{attacker.url}/token",
            "jwks_uri": f"{attacker.url}/jwks",
        }
        process_state.reset_providers()
        other = new_browser()
        away = other.get(f"/sign-in/sso/{world.slug}").headers["Location"]
        assert away.startswith(attacker.url)
        assert other.get(chosen(away, DANA)).status_code == 400 and other.who() is None


def test_documents_that_lie(new_browser, provider, world, nobody_came_in, session):
    provider.account(DANA)
    for case, change in DOCUMENTS.items():
        process_state.reset_providers()
        provider.discovery_changes = json.loads(json.dumps(change).replace("{issuer}", provider.url))
        browser = new_browser()
        assert browser.get(f"/sign-in/sso/{world.slug}").status_code == 400, case
        nobody_came_in(case, browser)
    provider.discovery_changes = {}
    for path in ("discovery", "jwks", "token"):
        for case, answer in BODIES.items():
            process_state.reset_providers()
            browser = new_browser()
            if path == "discovery":
                provider.answers = {path: answer}
                assert browser.get(f"/sign-in/sso/{world.slug}").status_code == 400, case
            else:
                away = browser.get(f"/sign-in/sso/{world.slug}").headers["Location"]
                provider.answers = {path: answer}
                assert browser.get(chosen(away, DANA)).status_code == 400, (path, case)
            provider.answers = {}
            nobody_came_in((path, case), browser)
    session.rollback()
    assert world.last_failure


def test_a_dripping_document_is_cut(browser, provider, world, monkeypatch):
    from helpdesk import bounded_http

    monkeypatch.setattr(bounded_http, "SECONDS", 0.5)
    sent, most = [], int(timeouts.LIMIT / 0.05)

    def drip():
        for _ in range(most):
            sent.append(1)
            yield b" "
            time.sleep(0.05)

    provider.answers = {"discovery": lambda: flask.Response(drip(), mimetype="application/json")}
    assert browser.get(f"/sign-in/sso/{world.slug}").status_code == 400
    assert 0 < len(sent) < most, "the connection was cut"


def test_keys_rotate_and_their_address_may_be_away_for_a_while(new_browser, provider, world, monkeypatch):
    provider.account(DANA)
    assert answers(provider, world, new_browser()).status_code == 303
    provider.rotate_keys()
    monkeypatch.setattr(provider_keys, "REFRESH_SECONDS", 0.0)
    assert answers(provider, world, new_browser()).status_code == 303, "an unknown key is looked for"
    provider.answers = {"jwks": lambda: flask.Response("", 503)}
    monkeypatch.setattr(provider_keys, "LIFESPAN_SECONDS", 0.0)
    assert answers(provider, world, new_browser()).status_code == 303, "the last keys hold for an hour"
    provider.rotate_keys()
    assert answers(provider, world, new_browser()).status_code == 400, "but no key that was never published"
    provider.answers = {}
    assert answers(provider, world, new_browser()).status_code == 303


def test_each_tab_has_its_own_state(browser, provider, world):
    provider.account(DANA)
    first = browser.get(f"/sign-in/sso/{world.slug}").headers["Location"]
    second = browser.get(f"/sign-in/sso/{world.slug}").headers["Location"]
    assert browser.get(chosen(second, DANA)).status_code == 303
    assert browser.get(chosen(first, DANA)).status_code == 303 and browser.who() == DANA


@pytest.mark.parametrize(
    "tenant", [provider_claims.PERSONAL_ACCOUNTS_TENANT_ID, "22222222-2222-4333-8444-555555555555"]
)
def test_a_directory_of_private_accounts_or_another_one_proves_nobody(world, tenant):
    world.preset = "microsoft"
    world.issuer = f"https://login.microsoftonline.com/{provider_claims.PERSONAL_ACCOUNTS_TENANT_ID}/v2.0"
    with pytest.raises(provider_claims.UnverifiedIdentity):
        claims.parse_claims(world, {"sub": "1", "oid": "1", "tid": tenant, "email": DANA, "xms_edov": True})


def test_the_table_has_at_least_sixty_lies():
    tried = len(TOKENS) + len(ADDRESSES) + len(RESPONSES) + len(DOCUMENTS) + 3 * len(BODIES)
    assert tried >= 60
