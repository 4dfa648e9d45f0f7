"""The settings pages of sign-in connections: adding, proving, changing, tokens, and how people sign in."""

import re

import pytest

from helpdesk.domain.provisioning import tokens
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.sign_in_connection import SignInConnection

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
GIVEN = {
    "name": "Globex",
    "preset": "oidc",
    "issuer": "https://login.globex.com",
    "client_id": "portal",
    "client_secret": "very-secret-1",
    "domains": "globex.example",
    "is_active": "y",
}


@pytest.fixture
def globex(make):
    return make.organization("Globex", domain="globex.example")


class Admin:
    """A browser that sends what a page's form has."""

    def __init__(self, client):
        self.client = client
        self.get = client.get

    def post(self, path, data=None):
        token = re.search(r'name="csrf-token" content="([^"]+)"', self.client.get("/account").text).group(1)
        return self.client.post(path, data={"csrf_token": token, **(data or {})})


@pytest.fixture
def admin(make, browser_of):
    return Admin(browser_of(make.agent("Ada", role="admin")))


def test_a_connection_from_adding_to_deleting(admin, globex, session):
    page = admin.get(f"/settings/connections/new?organization={globex.id}")
    assert page.status_code == 200 and "For people of <bdi>Globex</bdi>" in page.text
    answer = admin.post("/settings/connections", data=GIVEN | {"organization": globex.id})
    assert answer.status_code == 303, answer.text
    address = answer.headers["Location"]
    connection = session.query(SignInConnection).one()
    assert "very-secret-1" not in connection.client_secret
    page = admin.get(address).text
    assert f"/sign-in/sso/{connection.slug}/authorized" in page and "Not proven" in page
    assert "very-secret-1" not in page and connection.domains[0].token in page
    domain_id = connection.domains[0].id
    admin.post(f"{address}/domains/{domain_id}/vouch")
    assert "Set by an admin" in admin.get(address).text
    changed = {key: value for key, value in GIVEN.items() if key not in ("preset", "issuer", "client_secret")}
    rules = "groups = Leads : organization"
    answer = admin.post(address, data=changed | {"role_rules": rules, "session_hours": "8"})
    assert answer.status_code == 303, answer.text
    session.expire_all()
    assert connection.role_rules == [{"claim": "groups", "value": "Leads", "gives": "organization"}]
    assert connection.session_hours == 8 and connection.domains[0].verified_at
    page = admin.post(f"{address}/tokens").text
    secret = page.partition('id="scim-token">')[2].partition("<")[0]
    session.rollback()
    assert tokens.find_connection(secret).id == connection.id and secret not in admin.get(address).text
    token_id = tokens.list_tokens(connection)[0].id
    assert admin.post(f"{address}/tokens/{token_id}/delete").status_code == 303
    session.rollback()
    assert tokens.find_connection(secret) is None
    assert "Globex" in admin.get("/settings/connections").text
    assert admin.post(f"{address}/delete").status_code == 303
    session.rollback()
    assert session.query(SignInConnection).count() == 0
    said = {entry.action for entry in session.query(AuditEntry)}
    assert {"added a sign-in connection", "made a SCIM token", "deleted a sign-in connection"} <= said
    assert "very-secret-1" not in str([entry.details for entry in session.query(AuditEntry)])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"issuer": "http://login.globex.com"}, "begins with https"),
        ({"issuer": "https://10.0.0.7"}, "not on the public internet"),
        ({"issuer": "https://a:b@login.globex.com"}, "not an address"),
        ({"name": ""}, "between 1 and 80"),
        ({"client_id": ""}, "This is needed"),
        ({"client_secret": ""}, "This is needed"),
        ({"domains": "gmail.com"}, "no provider speaks for it"),
        ({"domains": "initech.example"}, "no mail domain of Globex"),
        ({"role_rules": "nonsense"}, "groups = Support"),
        ({"role_rules": "groups = All : admin"}, "A rule gives one of"),
        ({"session_hours": "many"}, "between 1 and 336"),
        ({"preset": "slack", "tenant": "T1"}, "what kind of provider"),
    ],
)
def test_what_cannot_be_saved_says_why(admin, globex, session, change, sentence):
    answer = admin.post("/settings/connections", data=GIVEN | {"organization": globex.id} | change)
    assert answer.status_code == 422 and sentence in answer.text and "very-secret-1" not in answer.text
    session.rollback()
    assert session.query(SignInConnection).count() == 0


def test_ways_of_an_organization(admin, globex, session):
    address = f"/settings/organizations/{globex.id}/sign-in"
    assert "How their people sign in" in admin.get(address).text
    given = dict.fromkeys(("link", "google", "microsoft", "own"), "off")
    assert "at least one way" in admin.post(address, data=given).text
    assert admin.post(address, data=given | {"own": "required"}).status_code == 422, "nobody has tried it"
    assert admin.post(address, data=given | {"link": "allowed"}).status_code == 303
    session.rollback()
    session.refresh(globex)
    assert globex.sign_in_rules == {"google": "off", "microsoft": "off", "own": "off"}
    assert "lets in by: A link by mail" in admin.get("/settings/access?email=dana@globex.example").text


def test_the_team_cannot_lock_itself_out(admin, session):
    for given in ({"team_sign_in": "own"}, {"team_sign_in": "own", "emergency_admin": "nobody@support.example"}):
        answer = admin.post("/settings/connections/team", data=given)
        assert answer.status_code == 422 and "Choose an admin for emergencies" in answer.text
    assert admin.get("/desk").status_code == 200
