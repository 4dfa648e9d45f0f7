"""An organization's own provider: who it signs in, what it asks for first, and what ends when it is required."""

import pytest

from helpdesk import clock
from helpdesk.domain.administration import settings as stored_settings
from helpdesk.domain.authentication import signed_links, way_rules
from helpdesk.domain.authentication.connections import administration, domain_proofs
from helpdesk.domain.errors import ValidationError
from helpdesk.models.api_token import ApiToken
from helpdesk.models.organization import OrganizationAddress
from helpdesk.models.session import Session
from helpdesk.models.sign_in_link import SignInLink
from helpdesk.models.user import Identity, User
from tests.factories import signed_in_client
from tests.web.sign_in.companies import connect, serve_company

DANA = "dana@globex.example"


@pytest.fixture
def settings(box):
    return {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": box.port, "WEBHOOKS_TO_LOOPBACK": True}


@pytest.fixture
def provider():
    with serve_company("Globex") as provider:
        yield provider


@pytest.fixture
def globex(make):
    return make.organization("Globex", domain="globex.example")


@pytest.fixture
def connection(session, globex, provider):
    return connect(session, globex, provider)


def sign_in(browser, provider, connection, account=DANA, **options):
    return browser.through(provider, account, f"sso/{connection.slug}", **options)


def signed_in(answer) -> bool:
    return answer.status_code == 303 and answer.headers["Location"] == "/tickets"


def needs_a_mail(answer) -> bool:
    return answer.status_code == 303 and answer.headers["Location"] == "/sign-in/code"


def follow_the_mailed_link(browser, session):
    session.rollback()
    link = session.query(SignInLink).order_by(SignInLink.id.desc()).first()
    path = f"/sign-in/link/{signed_links.link_token(link)}"
    return browser.post(path, page=path)


def test_it_signs_in_people_of_its_proven_domain_at_once(browser, provider, connection, session):
    provider.account(
        DANA, "Dana Deed", locale="de-DE", zoneinfo="Europe/Vienna", picture="https://globex.example/d.png"
    )
    answer = sign_in(browser, provider, connection, next_path="/tickets/new")
    assert answer.headers["Location"] == "/tickets/new", answer.text
    assert browser.who() == DANA
    identity, row, dana = session.query(Identity).one(), session.query(Session).one(), session.query(User).one()
    assert (identity.provider, identity.issuer) == (f"sso-{connection.id}", provider.url)
    assert row.connection_id == connection.id and row.provider_session.startswith("session-of-")
    assert (dana.name, dana.language, dana.time_zone) == ("Dana Deed", "de", "Europe/Vienna")
    assert dana.picture_url == "https://globex.example/d.png"
    session.refresh(connection)
    assert connection.last_sign_in_at and not connection.last_failure


def test_an_unproven_domain_costs_one_mail_that_joins_the_account(browser, provider, globex, session, make):
    connection = connect(session, globex, provider, domains=[])
    dana = make.user(globex, "Dana", email=DANA)
    provider.account(DANA)
    assert needs_a_mail(sign_in(browser, provider, connection)) and browser.who() is None
    assert signed_in(follow_the_mailed_link(browser, session)) and browser.who() == DANA
    session.rollback()
    assert session.query(Identity).one().user_id == dana.id
    assert session.query(Session).filter_by(revoked_at=None).one().connection_id == connection.id
    browser.post("/sign-out", page="/account")
    assert signed_in(sign_in(browser, provider, connection)), "known from now on"


def test_a_lost_proof_asks_for_a_mail_again(browser, provider, connection, session):
    provider.account(DANA)
    assert signed_in(sign_in(browser, provider, connection))
    browser.post("/sign-out", page="/account")
    row = connection.domains[0]
    domain_proofs.check_domain(row, lambda _: [])
    assert row.verified_at and row.missing_since, "a few days are forgiven"
    row.missing_since = clock.now() - domain_proofs.GRACE
    domain_proofs.check_domain(row, lambda _: [])
    session.commit()
    assert row.verified_at is None
    assert needs_a_mail(sign_in(browser, provider, connection)) and browser.who() is None
    domain_proofs.check_domain(row, lambda name: [domain_proofs.record_value(row)] if name.startswith("_") else [])
    session.commit()
    assert signed_in(sign_in(browser, provider, connection))


def test_groups_give_what_is_seen_at_each_sign_in(browser, provider, globex, session):
    rules = [{"claim": "groups", "value": "Leads", "gives": "organization"}]
    connection = connect(session, globex, provider, role_rules=rules)
    for groups, sees in (
        (["Leads", "Staff"], "organization"),
        (["Staff"], "own"),
        ("Leads", "organization"),
        (None, "own"),
    ):
        provider.account(DANA, groups=groups)
        assert signed_in(sign_in(browser, provider, connection))
        session.rollback()
        assert session.query(User).one().ticket_visibility == sees, groups


def test_required_ends_what_was_made_in_another_way(app, browser, provider, connection, globex, session, make):
    admin = make.agent("Ada", role="admin")
    dana = make.user(globex, "Dana", email=DANA)
    by_link = signed_in_client(app, dana)
    browser.post("/sign-in/link", {"email": DANA})
    with pytest.raises(ValidationError):
        way_rules.set_rules(globex, {"own": "required"}, actor=admin)
    provider.account(DANA)
    assert signed_in(sign_in(browser, provider, connection))
    assert by_link.get("/tickets").status_code == 200
    assert way_rules.set_rules(globex, {"own": "required"}, actor=admin) == 1
    session.commit()
    assert by_link.get("/tickets").status_code == 302
    assert browser.who() == DANA, "the session of the provider stays"
    assert follow_the_mailed_link(browser, session).status_code == 410
    other = signed_in_client(app, dana)
    assert other.get("/tickets").status_code == 302, "nor does a session count that began meanwhile"


def test_required_mails_the_button_and_no_link(app, browser, provider, connection, globex, session, box, post_office):
    globex.sign_in_rules = {"own": "required"}
    session.commit()
    slug = connection.slug
    assert needs_a_mail(browser.post("/sign-in/link", {"email": DANA}))
    post_office()
    text = box.wait_for(DANA).text
    assert f"/sign-in/sso/{slug}" in text and "/sign-in/link/" not in text
    assert follow_the_mailed_link(browser, session).status_code == 403 and browser.who() is None


def test_optional_mails_both(browser, provider, connection, session, box, post_office):
    slug = connection.slug
    browser.post("/sign-in/link", {"email": DANA})
    post_office()
    text = box.wait_for(DANA).text
    assert f"/sign-in/sso/{slug}" in text and "/sign-in/link/" in text


def test_who_wishes_is_led_there_at_once(browser, provider, connection, session):
    unknown = browser.post("/sign-in/link", {"email": "nobody@nowhere.example"})
    assert needs_a_mail(browser.post("/sign-in/link", {"email": DANA})) and needs_a_mail(unknown)
    connection.redirects_at_once = True
    session.commit()
    answer = browser.post("/sign-in/link", {"email": DANA})
    assert answer.status_code == 200 and f'content="0; url=/sign-in/sso/{connection.slug}"' in answer.text
    connection.organization.addresses.append(OrganizationAddress(email="freelancer@mail.example"))
    session.commit()
    answer = browser.post("/sign-in/link", {"email": "freelancer@mail.example"})
    assert needs_a_mail(answer), "an address of a domain that is not proven stays its owner's to sign in with a link"


def test_a_connection_that_is_off_or_gone_ends_its_sessions(browser, provider, connection, session):
    provider.account(DANA)
    assert signed_in(sign_in(browser, provider, connection))
    connection.is_active = False
    session.commit()
    assert browser.who() is None and browser.get(f"/sign-in/sso/{connection.slug}").status_code == 404


def test_its_session_sees_its_own_organization_only(browser, provider, connection, globex, session, make):
    initech = make.organization("Initech", domain="initech.example")
    session.add(OrganizationAddress(organization_id=initech.id, email=DANA))
    session.commit()
    provider.account(DANA)
    assert signed_in(sign_in(browser, provider, connection)), "there is nothing to choose"
    answer = browser.post("/account/organization", {"organization": initech.id}, page="/account")
    assert answer.status_code == 403
    dana = session.query(User).one()
    dana.organization = initech
    session.commit()
    assert browser.who() is None, "another browser of theirs may switch; this session then ends"


def test_the_teams_provider_joins_by_mail_and_the_emergency_admin_stays(app, browser, provider, session, make):
    ada, maya = make.agent("Ada", role="admin"), make.agent("Maya")
    stored_settings.set("internal_domains", "support.example")
    connection = connect(
        session,
        None,
        provider,
        domains=["support.example"],
        role_rules=[{"claim": "role", "value": value, "gives": value} for value in ("agent", "lead", "admin")],
    )
    provider.account(maya.email, role="lead")
    assert needs_a_mail(sign_in(browser, provider, connection, maya.email)), "the team never joins by itself"
    answer = follow_the_mailed_link(browser, session)
    assert answer.status_code == 303 and answer.headers["Location"] == "/desk"
    session.rollback()
    assert maya.role == "lead"
    session.add(ApiToken(user_id=maya.id, name="t", shown="hd_", token_hash="x", scopes=[]))
    by_link, of_ada = signed_in_client(app, maya), signed_in_client(app, ada)
    way_rules.set_team_rule("own", ada.email, actor=ada)
    session.commit()
    assert by_link.get("/desk").status_code == 302 and of_ada.get("/desk").status_code == 200
    assert browser.who() == maya.email
    assert session.query(ApiToken).one().revoked_at
    provider.account(maya.email, role=None)
    assert sign_in(browser, provider, connection, maya.email).status_code == 403, "no rule fits any more"
    provider.account(ada.email, role="agent")
    assert needs_a_mail(sign_in(browser, provider, connection, ada.email))
    follow_the_mailed_link(browser, session)
    session.rollback()
    assert ada.role == "admin", "the last admin stays"


def test_the_test_shows_claims_and_signs_in_nobody(app, provider, connection, session, make):
    from tests.web.sign_in.conftest import Browser

    admin = make.agent("Ada", role="admin")
    tester = Browser(app)
    tester.client = signed_in_client(app, admin)
    provider.account(DANA, "Dana Deed")
    page = tester.through(provider, DANA, f"sso/{connection.slug}?test=1")
    assert "dana@globex.example would be signed in to Globex" in page.text and "Dana Deed" in page.text
    session.rollback()
    assert session.query(User).count() == 1 and session.query(Identity).count() == 0
    assert tester.who() == admin.email


def test_an_old_session_ends_when_the_connection_says_so(browser, provider, globex, session, make):
    connection = connect(session, globex, provider, session_hours=2)
    provider.account(DANA)
    assert signed_in(sign_in(browser, provider, connection))
    row = session.query(Session).one()
    assert (row.expires_at - row.created_at).total_seconds() == 7200
    administration.update_connection(connection, {"session_hours": 1}, actor=make.agent("Ada", role="admin"))
    session.commit()
    assert (row.expires_at - row.created_at).total_seconds() == 3600, "those that have begun end earlier, too"


def test_logout_at_the_provider_ends_the_session_here(app, new_browser, provider, connection, session):
    boss = "boss@globex.example"
    browsers = {}
    for account in (DANA, boss):
        provider.account(account)
        browsers[account] = new_browser()
        assert signed_in(sign_in(browsers[account], provider, connection, account))
    subject, other = (session.query(Identity).filter_by(email=email).one().subject for email in (DANA, boss))
    address = f"/sign-in/sso/{connection.slug}/logout"
    good = {"sub": subject, "sid": f"session-of-{subject}"}
    lies = {
        "nobody named": {"sub": None},
        "a nonce": good | {"nonce": "x"},
        "no event": good | {"events": {}},
        "another event": good | {"events": {"http://example.com": {}}},
        "an event that is a list": good | {"events": ["http://schemas.openid.net/event/backchannel-logout"]},
        "another audience": good | {"aud": "another"},
        "another issuer": good | {"iss": "https://login.initech.example"},
        "old": good | {"iat": 1, "exp": None},
        "no id": good | {"jti": None},
    }
    for case, changes in lies.items():
        answer = app.test_client().post(address, data={"logout_token": provider.sign_logout(**changes)})
        assert answer.status_code == 400, case
    assert app.test_client().post(address, data={"logout_token": "x.y.z"}).status_code == 400
    assert browsers[DANA].who() == DANA and browsers[boss].who() == boss
    answer = app.test_client().post(address, data={"logout_token": provider.sign_logout(**good)})
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    assert browsers[DANA].who() is None and browsers[boss].who() == boss
    app.test_client().post(address, data={"logout_token": provider.sign_logout(sub=other)})
    assert browsers[boss].who() is None, "without a session the person's own ones end"


def test_signing_out_leads_to_the_provider_where_that_is_wished(browser, provider, connection, session):
    provider.account(DANA)
    assert signed_in(sign_in(browser, provider, connection))
    assert browser.post("/sign-out", page="/account").headers["Location"] == "/sign-in"
    connection.logs_out_at_provider = True
    session.commit()
    assert signed_in(sign_in(browser, provider, connection))
    page = browser.post("/sign-out", page="/account")
    assert page.status_code == 200 and f"url={provider.url}/logout?client_id=" in page.text
    assert browser.who() is None
