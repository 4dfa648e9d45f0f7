"""Google and Microsoft on real sockets: honest, careless and hostile.

What proves an address, what asks for a link, what is refused.
"""

from datetime import timedelta

import pytest

from helpdesk import clock
from helpdesk.domain.authentication import oidc as rules
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.delivery import Delivery
from helpdesk.models.session import Session
from helpdesk.models.sign_in_link import SignInLink
from helpdesk.models.user import Identity, User
from tests.web.sign_in.conftest import chosen
from tests.web.sign_in.sign_in_steps import DANA, follow_the_mailed_link, needs_a_link, signed_in


@pytest.fixture(autouse=True)
def globex(make):
    return make.organization("Globex", domain="globex.example")


def test_google_for_a_workplace_signs_in_at_once(browser, google, session):
    google.account(DANA, hd="globex.example", email_verified=True)
    away = browser.get("/sign-in/google?next=/tickets/new")
    asked = away.headers["Location"]
    assert (
        asked.startswith(google.url + "/o/oauth2/v2/auth?")
        and "code_challenge_method=S256" in asked
        and "nonce=" in asked
    )
    assert "redirect_uri=http%3A%2F%2Flocalhost%2Fsign-in%2Fgoogle%2Fauthorized" in asked
    landed = browser.get(chosen(asked, DANA))
    assert landed.status_code == 303 and landed.headers["Location"] == "/tickets/new" and browser.who() == DANA
    identity = session.query(Identity).one()
    assert (identity.provider, identity.issuer) == ("google", google.url) and identity.subject != DANA
    assert session.query(Session).one().provider == "google"


def test_no_token_of_a_providers_stays_anywhere(browser, google, app):
    google.account(DANA, hd="globex.example")
    browser.through(google, DANA)
    with browser.client.session_transaction() as cookie:
        assert set(cookie) <= {"_user_id", "_fresh", "_id", "_permanent", "csrf_token"}


@pytest.mark.parametrize("claims", [{"hd": None}, {"hd": "other.example"}], ids=["hd missing", "hd different"])
def test_google_without_the_workplace_asks_for_one_link_and_then_connects(browser, google, session, claims):
    google.account(DANA, **claims)
    assert needs_a_link(browser.through(google, DANA)) and browser.who() is None
    assert signed_in(follow_the_mailed_link(browser, session)) and browser.who() == DANA
    assert session.query(Identity).one().email == DANA
    browser.post("/sign-out", page="/account")
    assert signed_in(browser.through(google, DANA))
    identity = session.query(Identity).one()
    identity.confirmed_at = clock.now() - timedelta(days=91)
    session.commit()
    browser.post("/sign-out", page="/account")
    assert needs_a_link(browser.through(google, DANA)), "every 90 days the address is confirmed again"
    assert signed_in(follow_the_mailed_link(browser, session))
    session.refresh(identity)
    assert clock.now() - identity.confirmed_at < timedelta(minutes=1)


def test_the_waiting_link_connects_nothing_in_another_browser(browser, new_browser, google, session):
    google.account(DANA, hd=None)
    browser.through(google, DANA)
    victim = new_browser()
    assert follow_the_mailed_link(victim, session).status_code == 403
    assert session.query(Identity).count() == 0 and victim.who() is None


def test_a_google_address_that_is_not_verified_is_no_address(browser, google, session):
    for claims in (
        {"email_verified": False},
        {"email_verified": None},
        {"email": None},
        {"email": "a@b.c,dana@globex.example"},
    ):
        google.account(DANA, hd="globex.example")
        google.next_token(claims=claims)
        answer = browser.through(google, DANA)
        assert answer.status_code == 400 and browser.who() is None, claims
    assert session.query(User).count() == session.query(SignInLink).count() == 0


def test_gmail_is_googles_to_decide(browser, google, session, globex):
    from helpdesk.models.organization import OrganizationAddress

    session.add(OrganizationAddress(organization_id=globex.id, email="dana@gmail.com"))
    session.commit()
    google.account("dana@gmail.com", hd=None)
    assert signed_in(browser.through(google, "dana@gmail.com"))


HOSTILE = {
    "alg none": {"alg": "none"},
    "HS256 with the public key": {"alg": "HS256"},
    "a foreign key": {"kid": "unknown"},
    "a foreign audience": {"claims": {"aud": "somebody-else"}},
    "two audiences": {"claims": {"aud": ["somebody-else", "another"]}},
    "a foreign issuer": {"claims": {"iss": "https://accounts.google.com.evil.test"}},
    "no issuer": {"claims": {"iss": None}},
    "expired": {"claims": {"exp": 1}},
    "no expiry": {"claims": {"exp": None}},
    "another's nonce": {"nonce": "wrong"},
    "no nonce": {"claims": {"nonce": None}},
    "no subject": {"claims": {"sub": None}},
}


@pytest.mark.parametrize("lie", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", ["google", "microsoft"])
def test_a_token_that_lies_signs_nobody_in(browser, google, microsoft, session, name, lie):
    provider = {"google": google, "microsoft": microsoft}[name]
    provider.account(DANA, **({"hd": "globex.example"} if name == "google" else {"xms_edov": True}))
    provider.next_token(**lie)
    answer = browser.through(provider, DANA, name)
    assert answer.status_code == 400 and "You are not signed in" in answer.text
    assert browser.who() is None and session.query(Session).count() == session.query(Identity).count() == 0


def test_a_changed_address_moves_nobody_and_is_there_to_be_reviewed(browser, google, session, make):
    make.organization("Initech", domain="initech.example")
    google.account(DANA, hd="globex.example")
    browser.through(google, DANA)
    browser.post("/sign-out", page="/account")
    google.next_token(claims={"email": "dana@initech.example", "hd": "initech.example"})
    assert signed_in(browser.through(google, DANA)) and browser.who() == DANA
    session.rollback()
    assert session.query(User).one().organization.name == "Globex"
    entry = session.query(AuditEntry).filter(AuditEntry.action.contains("review")).one()
    assert entry.details["new"] == "dana@initech.example"


def test_the_team_is_never_connected_without_a_link(browser, google, session, make):
    maya = make.agent("Maya", role="admin", email="maya@support.example")
    google.account("maya@support.example", hd="support.example")
    assert needs_a_link(browser.through(google, "maya@support.example")) and session.query(Identity).count() == 0
    landed = follow_the_mailed_link(browser, session)
    assert landed.headers["Location"] == "/settings/setup" and session.query(Identity).one().user_id == maya.id
    assert session.query(Delivery).filter_by(kind="linked").count() == 1
    browser.post("/sign-out", page="/account")
    assert browser.through(google, "maya@support.example").headers["Location"] == "/settings/setup"


def test_whoever_was_there_before_is_mailed_of_the_new_way_in(browser, google, session, make, globex, box, post_office):
    dana_id = make.user(globex, "Dana", email=DANA, last_seen_at=clock.now()).id
    google.account(DANA, hd="globex.example")
    assert signed_in(browser.through(google, DANA))
    post_office()
    mail = box.wait_for(DANA)
    assert "Google" in mail.text and session.query(Identity).one().user_id == dana_id


def test_pre_hijacking_the_first_proof_ends_what_was_prepared(browser, google, session, make, globex):
    from helpdesk.domain.authentication import sessions

    dana = make.user(globex, "Dana", email=DANA)
    dana.email_verified_at = None
    session.add(Identity(user_id=dana.id, provider="google", issuer=google.url, subject="attacker", email=DANA))
    prepared = sessions.create_session(dana, "link")
    session.commit()
    google.account(DANA, hd="globex.example")
    assert signed_in(browser.through(google, DANA))
    session.rollback()
    assert sessions.load_session(prepared) is None
    assert [identity.subject != "attacker" for identity in session.query(Identity)] == [True]


def test_somebody_no_rule_lets_in_reads_so_and_leaves_no_account(browser, google, session):
    google.account("x@nowhere.example", hd="nowhere.example")
    answer = browser.through(google, "x@nowhere.example")
    assert answer.status_code == 403 and "may not sign in here" in answer.text
    assert session.query(User).count() == session.query(Identity).count() == 0


def test_a_deactivated_person_does_not_come_back_through_a_provider(browser, google, session):
    google.account(DANA, hd="globex.example")
    browser.through(google, DANA)
    session.query(User).one().deactivated_at = clock.now()
    session.commit()
    browser.client.delete_cookie("session")
    assert browser.through(google, DANA).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?code=abc",
        "?code=abc&state=wrong",
        "?state=wrong",
        "?error=access_denied&error_description=<script>alert(1)</script>",
        "?error=access_denied&state=wrong",
    ],
)
@pytest.mark.parametrize("begun", [True, False])
def test_a_way_back_that_does_not_fit_is_one_kind_page(browser, begun, query):
    if begun:
        browser.get("/sign-in/google")
    answer = browser.get("/sign-in/google/authorized" + query)
    assert answer.status_code == 400 and "You are not signed in" in answer.text and "alert(1)" not in answer.text


def test_a_code_that_is_refused_or_a_provider_that_is_gone_is_the_same_page(browser, google, app, monkeypatch):
    away = browser.get("/sign-in/google").headers["Location"]
    state = away.partition("state=")[2].partition("&")[0]
    assert browser.get(f"/sign-in/google/authorized?code=made-up&state={state}").status_code == 400
    away = browser.get("/sign-in/google").headers["Location"]
    state = away.partition("state=")[2].partition("&")[0]
    google_now = rules.google_provider
    monkeypatch.setattr(
        rules,
        "google_provider",
        lambda: rules.Provider(**{**vars(google_now()), "token_url": "http://127.0.0.1:1/token"}),
    )
    assert browser.get(f"/sign-in/google/authorized?code=made-up&state={state}").status_code == 400


def test_a_state_works_once_and_only_in_its_browser(browser, new_browser, google):
    google.account(DANA, hd="globex.example")
    back = chosen(browser.get("/sign-in/google").headers["Location"], DANA)
    assert new_browser().get(back).status_code == 400
    assert signed_in(browser.get(back))
    browser.post("/sign-out", page="/account")
    assert browser.get(back).status_code == 400


def test_the_host_header_names_nothing(browser):
    away = browser.get("/sign-in/google", headers={"Host": "evil.test"})
    assert "evil.test" not in away.headers.get("Location", "")


def test_a_way_switched_off_is_not_there(browser, session):
    from helpdesk.domain.administration import settings as decided

    assert "Sign in with Google" in browser.get("/sign-in").text
    decided.set("sign_in_google", False)
    decided.set("sign_in_link", False)
    session.commit()
    page = browser.get("/sign-in").text
    assert "Sign in with Google" not in page and "Email me a link" not in page and "Sign in with Microsoft" in page
    assert browser.get("/sign-in/google").status_code == 404
    assert browser.get("/sign-in/google/authorized?code=a").status_code == 404
    assert browser.post("/sign-in/link", {"email": DANA}).status_code == 403
    assert session.query(SignInLink).count() == 0
