"""An organization's own admin connects its provider: from adding it to requiring it, and no further than its own."""

import pytest

from helpdesk import clock
from helpdesk.domain.authentication import second_factor
from helpdesk.domain.authentication.connections import administration
from helpdesk.domain.errors import PermissionDenied
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.session import Session
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.models.user import Identity, Membership, User
from helpdesk.web.middleware import personal_limits
from tests import time_travel
from tests.factories import signed_in_client
from tests.web.pages import without_tokens
from tests.web.sign_in.companies import connect, serve_company
from tests.web.sign_in.conftest import Browser
from tests.web.sign_in.name_server import serve_records

ADA, BOB, RITA = "ada@globex.example", "bob@globex.example", "rita@initech.example"
PLACE = "/colleagues/sign-in"


@pytest.fixture
def settings(box):
    return {
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": box.port,
        "WEBHOOKS_TO_LOOPBACK": True,
        "PRIVATE_PROVIDER_HOSTS": ["keycloak.internal"],
    }


@pytest.fixture
def provider():
    with serve_company("Globex") as provider:
        for email in (ADA, BOB):
            provider.account(email)
        yield provider


@pytest.fixture
def globex(make):
    return make.organization("Globex", domain="globex.example")


@pytest.fixture
def ada(make, globex, session):
    return make_admin(make, session, globex, "Ada Fields", ADA)


@pytest.fixture
def given(provider):
    return {
        "preset": "oidc",
        "name": "Globex",
        "issuer": provider.url,
        "client_id": provider.client_id,
        "client_secret": provider.client_secret,
        "domains": "globex.example",
        "is_active": "y",
    }


def make_admin(make, session, organization, name, email) -> User:
    user = make.user(organization, name, email=email)
    session.add(
        Membership(user_id=user.id, organization_id=organization.id, ticket_visibility="organization", is_admin=True)
    )
    session.commit()
    return user


def open_browser(app, user) -> Browser:
    browser = Browser(app)
    browser.client = signed_in_client(app, user)
    return browser


def send(browser, path, values=None):
    return browser.post(path, values, page="/account")


def test_who_signed_in_some_time_ago_proves_again_who_they_are(app, ada, session):
    admin = open_browser(app, ada)
    assert admin.get(f"{PLACE}/connections/new").status_code == 200
    session.query(Session).update({"proved_at": clock.now() - second_factor.RECENT_PROOF})
    session.commit()
    asked = admin.get(f"{PLACE}/connections/new")
    assert asked.status_code == 303 and asked.headers["Location"].startswith("/sign-in/again?next=")
    page = admin.get(asked.headers["Location"]).text
    assert f'value="{PLACE}/connections/new"' in page and f'value="{ADA}"' in page and "second factor" not in page
    refused = send(admin, PLACE, {"link": "on", "google": "off", "microsoft": "off", "own": "off"})
    assert refused.status_code == 303 and refused.headers["Location"].startswith("/sign-in/again")
    session.expire_all()
    assert session.query(AuditEntry).count() == 0


def test_from_adding_to_requiring_it(app, ada, provider, given, globex, session, new_browser):
    admin = open_browser(app, ada)
    assert PLACE in admin.get("/colleagues").text and "Add your provider" in admin.get(PLACE).text
    form = admin.get(f"{PLACE}/connections/new").text
    assert "Slack, for the team" not in form and 'name="tenant"' not in form
    answer = send(admin, f"{PLACE}/connections", given)
    assert answer.status_code == 303, answer.text
    address = answer.headers["Location"]
    connection = session.query(SignInConnection).one()
    assert connection.organization_id == globex.id and not connection.domains[0].verified_at
    page = admin.get(address).text
    assert "Set as proven" not in page and given["client_secret"] not in page
    assert f"/sign-in/sso/{connection.slug}/authorized" in page

    row = connection.domains[0]
    with serve_records() as records:
        assert "No record" in follow(admin, f"{address}/domains/{row.id}/check")
        records[f"_helpdesk-sign-in.{row.domain}"] = f"helpdesk-sign-in={row.token}"
        assert "globex.example is proven" in follow(admin, f"{address}/domains/{row.id}/check")
    assert "its keys can be read" in follow(admin, f"{address}/check")

    test = admin.through(provider, ADA, f"sso/{connection.slug}?test=1")
    assert "ada@globex.example would be signed in to Globex" in test.text
    assert f'href="{address}"' in test.text and "email_verified" in test.text
    session.rollback()
    assert session.query(Identity).count() == 0 and admin.who() == ADA

    by_link = open_browser(app, session.query(User).filter_by(email=BOB).one_or_none() or ada)
    rules = {"link": "off", "google": "off", "microsoft": "off", "own": "required"}
    refused = send(admin, PLACE, rules)
    assert refused.status_code == 422 and "somebody has to have signed in" in refused.text
    bob = new_browser()
    assert bob.through(provider, BOB, f"sso/{connection.slug}").status_code == 303 and bob.who() == BOB
    refused = send(admin, PLACE, rules)
    assert refused.status_code == 422 and "This would sign you out" in refused.text, "she came in by a link herself"
    own = new_browser()
    assert own.through(provider, ADA, f"sso/{connection.slug}").status_code == 303
    answer = send(own, PLACE, rules)
    assert answer.status_code == 303 and "2 sessions have ended" in own.get(PLACE).text
    assert admin.who() is None and by_link.who() is None and own.who() == ADA and bob.who() == BOB
    assert send(own, f"{address}/delete").status_code == 409, "nothing else is let in"
    changed = {key: value for key, value in given.items() if key not in ("preset", "issuer", "is_active")}
    assert send(own, address, changed).status_code == 409, "nor is it switched off"
    said = {entry.action: entry.actor_id for entry in session.query(AuditEntry)}
    assert said["added a sign-in connection"] == said["changed how people of an organization sign in"] == ada.id


def follow(browser, path) -> str:
    return browser.get(send(browser, path).headers["Location"]).text


REFUSED = (
    ({"domains": "initech.example"}, "no mail domain of Globex"),
    ({"domains": "support.example"}, "no mail domain of Globex"),
    ({"domains": "gmail.com"}, "no provider speaks for it"),
    ({"role_rules": "groups = All : admin"}, "A rule gives one of"),
    ({"role_rules": "groups = All : agent"}, "A rule gives one of"),
    ({"preset": "slack"}, "what kind of provider"),
    ({"issuer": "https://accounts.google.com"}, "what kind of provider"),
    ({"issuer": "https://slack.com"}, "what kind of provider"),
    ({"issuer": "https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555/v2.0"}, "what kind of"),
    (
        {
            "preset": "microsoft",
            "issuer": "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
        },
        "what kind of provider",
    ),
    ({"issuer": "https://keycloak.internal/realms/x"}, "not on the public internet"),
    ({"issuer": "https://10.0.0.7"}, "not on the public internet"),
)


def test_what_an_admin_of_an_organization_cannot_set_up(app, ada, given, session, make):
    make.organization("Initech", domain="initech.example")
    admin = open_browser(app, ada)
    for change, sentence in REFUSED:
        answer = send(admin, f"{PLACE}/connections", given | change)
        assert answer.status_code == 422 and sentence in answer.text, change
        assert given["client_secret"] not in answer.text
        session.rollback()
        assert session.query(SignInConnection).count() == 0, change


def test_it_is_their_own_organizations_only(app, ada, globex, provider, session, make):
    initech = make.organization("Initech", domain="initech.example")
    rita = make_admin(make, session, initech, "Rita", RITA)
    theirs, teams = connect(session, globex, provider), connect(session, None, provider, domains=[])
    domain = theirs.domains[0].id
    bob = make.user(globex, "Bob", email=BOB)
    for user, connections in ((rita, (theirs, teams)), (bob, (theirs, teams)), (ada, (teams,))):
        browser = open_browser(app, user)
        for connection in connections:
            missing = browser.get(f"{PLACE}/connections/999999")
            address = f"{PLACE}/connections/{connection.id}"
            shown = browser.get(address)
            assert shown.status_code == 404 and without_tokens(shown) == without_tokens(missing)
            for path in ("", "/check", "/delete", "/tokens", f"/domains/{domain}/check"):
                assert send(browser, address + path, {"name": "Mine"}).status_code == 404, (user.email, path)
            with pytest.raises(PermissionDenied):
                administration.update_connection(connection, {"name": "Mine"}, actor=user)
            with pytest.raises(PermissionDenied):
                administration.delete_connection(connection, actor=user)
            away = browser.get(f"/sign-in/sso/{connection.slug}?test=1").headers["Location"]
            assert "prompt=login" in away, "no test: they sign in, like everybody"
    listed = open_browser(app, rita).get(PLACE).text
    assert theirs.name not in listed and theirs.slug not in listed
    assert session.query(Session).filter(Session.connection_id.is_not(None)).count() == 0


def test_what_the_support_team_switched_off_stays_off(app, ada, globex, provider, given, session, make):
    connection = connect(session, globex, provider)
    support, admin = make.agent("Sue", role="admin"), open_browser(app, ada)
    administration.update_connection(connection, {"is_active": False}, actor=support)
    session.commit()
    address = f"{PLACE}/connections/{connection.id}"
    changed = {key: value for key, value in given.items() if key not in ("preset", "issuer")}
    refused = send(admin, address, changed)
    assert refused.status_code == 422 and "The support team switched this connection off" in refused.text
    session.expire_all()
    assert not connection.is_active and connection.is_locked
    assert admin.get(f"/sign-in/sso/{connection.slug}?test=1").status_code == 404
    assert send(admin, f"{address}/delete").status_code == 409
    assert send(admin, f"{PLACE}/connections", given).status_code == 409, "nor is there another one of this issuer"
    administration.update_connection(connection, {"is_active": True}, actor=support)
    session.commit()
    assert send(admin, address, changed).status_code == 303 and not connection.is_locked
    changed.pop("is_active")
    assert send(admin, address, changed).status_code == 303
    session.expire_all()
    assert not connection.is_active and not connection.is_locked, "what they switch off themselves they switch on again"


def test_checks_are_limited(app, ada, globex, provider, session, monkeypatch):
    limits = personal_limits.LIMITS
    monkeypatch.setattr(personal_limits, "LIMITS", limits | {"checks": personal_limits.Limit("checks", 1, 1)})
    connection = connect(session, globex, provider)
    admin, address = open_browser(app, ada), f"{PLACE}/connections/{connection.id}"
    domain = connection.domains[0].id
    paths = (f"{address}/check", f"{address}/domains/{domain}/check")
    with time_travel.frozen():  # within one minute
        assert [send(admin, path).status_code for path in paths] == [303, 429]


def test_a_page_that_was_loaded_before_does_not_overwrite_and_an_old_role_opens_nothing(app, ada, globex, session):
    admin = open_browser(app, ada)
    stale = send(admin, PLACE, {"link": "allowed", "google": "off", "loaded": "0" * 24})
    assert stale.status_code == 409
    session.rollback()
    session.get(Membership, (ada.id, globex.id)).is_admin = False
    session.commit()
    assert admin.get(PLACE).status_code == 404 and send(admin, PLACE, {"link": "off"}).status_code == 404
