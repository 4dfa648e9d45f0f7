"""Provisioning by SCIM 2.0: what a provider sends becomes people, their rights and their leaving; nobody else's."""

import json
import subprocess
import sys

import pytest
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from helpdesk import clock
from helpdesk.demo import wsgi_server
from helpdesk.domain import tickets
from helpdesk.domain.administration import settings as stored_settings
from helpdesk.domain.people import users
from helpdesk.domain.provisioning import tokens
from helpdesk.models.provisioning import ScimResource
from helpdesk.models.sign_in_connection import ConnectionDomain, SignInConnection
from helpdesk.models.user import Membership, User, UserAlias
from tests import timeouts
from tests.factories import signed_in_client

SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@pytest.fixture(params=["sqlite"])
def database_url(fresh_sqlite):
    return fresh_sqlite


def connect(session, organization, domain, rules=()):
    connection = SignInConnection(
        organization_id=organization.id if organization else None,
        name="Okta",
        issuer="https://login.globex.invalid",
        client_id="portal",
        role_rules=[{"claim": "groups", "value": group, "gives": gives} for group, gives in rules],
    )
    connection.domains = [ConnectionDomain(domain=domain, verified_at=clock.now())]
    session.add(connection)
    session.commit()
    return connection


class Provider:
    """A provider that sends with a token."""

    def __init__(self, app, session, make, connection):
        self.client = app.test_client()
        self.secret = tokens.issue_token(connection, actor=make.agent(role="admin"))
        session.commit()

    def send(self, method, path, **body):
        headers = {"Authorization": f"Bearer {self.secret}"}
        options = {"json": body, "content_type": "application/scim+json"} if body else {}
        return self.client.open(f"/scim/v2/{path}", method=method, headers=headers, **options)

    def add_person(self, email, **values):
        answer = self.send("POST", "Users", schemas=[SCHEMA + "User"], userName=email, **values)
        assert answer.status_code == 201, answer.text
        return answer.json["id"]

    def add_group(self, name, *members):
        values = [{"value": each} for each in members]
        answer = self.send("POST", "Groups", schemas=[SCHEMA + "Group"], displayName=name, members=values)
        assert answer.status_code == 201, answer.text
        return answer.json["id"]

    def patch(self, path, *operations):
        return self.send("PATCH", path, schemas=[PATCH], Operations=list(operations))


@pytest.fixture
def globex(make):
    return make.organization("Globex", domain="globex.example")


@pytest.fixture
def okta(app, session, make, globex):
    return Provider(app, session, make, connect(session, globex, "globex.example", [("Leads", "organization")]))


def person(session, email):
    session.rollback()
    return session.query(User).filter_by(email=email).one_or_none()


def test_a_person_comes_changes_and_leaves(app, okta, session):
    key = okta.add_person(
        "Dana@globex.example", displayName="Dana Deed", active=True, preferredLanguage="de", timezone="Europe/Vienna"
    )
    dana = person(session, "dana@globex.example")
    assert (dana.name, dana.organization.name, dana.language) == ("Dana Deed", "Globex", "de")
    browser = signed_in_client(app, dana)
    assert okta.patch(f"Users/{key}", {"op": "Replace", "path": "displayName", "value": "Dana D."}).status_code == 200
    assert person(session, dana.email).name == "Dana D." and browser.get("/tickets").status_code == 200
    found = okta.send("GET", 'Users?filter=userName eq "dana@GLOBEX.example"').json
    assert found["totalResults"] == 1 and found["Resources"][0]["id"] == key
    assert okta.send("DELETE", f"Users/{key}").status_code == 204
    assert browser.get("/tickets").status_code == 302 and not person(session, dana.email).is_active
    assert okta.send("GET", f"Users/{key}").status_code == 404


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "Replace", "path": "active", "value": "False"},  # Entra ID, in its older form
        {"op": "replace", "value": {"active": False}},  # Okta
        {"op": "replace", "path": "active", "value": False},
    ],
    ids=["Entra", "Okta", "the standard"],
)
def test_deactivation_signs_out_at_once_and_activation_lets_in_again(app, okta, session, operation):
    key = okta.add_person("dana@globex.example", active=True)
    browser = signed_in_client(app, person(session, "dana@globex.example"))
    answer = okta.patch(f"Users/{key}", operation)
    assert answer.status_code == 200 and okta.send("GET", f"Users/{key}").json["active"] is False, answer.text
    assert browser.get("/tickets").status_code == 302
    assert not person(session, "dana@globex.example").is_active
    assert okta.patch(f"Users/{key}", {"op": "replace", "value": {"active": True}}).status_code == 200
    assert person(session, "dana@globex.example").is_active


def test_groups_give_what_is_seen(okta, session):
    key = okta.add_person("dana@globex.example")
    assert person(session, "dana@globex.example").ticket_visibility == "own"
    group = okta.add_group("Leads", key)
    assert person(session, "dana@globex.example").ticket_visibility == "organization"
    entra = {"op": "Remove", "path": "members", "value": [{"value": key}]}
    assert okta.patch(f"Groups/{group}", entra).status_code in (200, 204)
    assert person(session, "dana@globex.example").ticket_visibility == "own"
    okta.patch(f"Groups/{group}", {"op": "Add", "path": "members", "value": [{"value": key}]})
    assert person(session, "dana@globex.example").ticket_visibility == "organization"
    okta.send("DELETE", f"Groups/{group}")
    assert person(session, "dana@globex.example").ticket_visibility == "own"


def test_the_teams_provider_makes_agents_and_passes_their_tickets_on(app, session, make):
    stored_settings.set("internal_domains", "support.example")
    rules = [("Support", "agent"), ("Chiefs", "admin")]
    provider = Provider(app, session, make, connect(session, None, "support.example", rules))
    key = provider.add_person("maya@support.example", displayName="Maya")
    assert person(session, "maya@support.example") is None, "no group gives a role yet"
    group = provider.add_group("Support", key)
    maya = person(session, "maya@support.example")
    assert maya.role == "agent"
    ticket = make.ticket()
    tickets.assign(ticket, maya, actor=maya)
    session.commit()
    provider.add_group("Chiefs", key)
    assert person(session, maya.email).role == "agent", "the first rule that fits holds"
    provider.patch(f"Users/{key}", {"op": "replace", "value": {"active": False}})
    assert not person(session, maya.email).is_active and ticket.assignee_id is None
    provider.patch(f"Users/{key}", {"op": "replace", "value": {"active": True}})
    assert person(session, maya.email).is_active
    provider.add_group("Everybody", key)
    assert provider.send("DELETE", f"Groups/{group}").status_code == 204
    assert person(session, maya.email).role == "admin", "the next group counts"


def test_the_last_admin_stays(app, session, make):
    stored_settings.set("internal_domains", "support.example")
    connection = connect(session, None, "support.example", [("Chiefs", "admin")])
    provider = Provider(app, session, make, connection)
    admin = session.query(User).filter_by(role="admin").one()
    key = provider.add_person(admin.email, active=True)
    assert person(session, admin.email).is_active, "the groups come after the people"
    group = provider.add_group("Chiefs", key)
    assert provider.send("DELETE", f"Users/{key}").status_code == 409
    assert provider.send("DELETE", f"Groups/{group}").status_code == 409
    assert person(session, admin.email).is_active


def test_it_reaches_nobody_else(app, okta, session, make):
    initech = make.organization("Initech", domain="initech.example")
    rita, maya = make.user(initech, "Rita", email="rita@initech.example"), make.agent("Maya")
    theirs = Provider(app, session, make, connect(session, initech, "initech.example"))
    hers = theirs.add_person(rita.email)
    for email in (rita.email, maya.email, "dana@gmail.com", "dana@sub.globex.example"):
        key = okta.add_person(email, active=False)
        assert okta.send("DELETE", f"Users/{key}").status_code == 204
    assert person(session, rita.email).is_active and person(session, maya.email).is_active
    assert session.query(User).filter(User.email.like("%gmail%")).count() == 0
    session.add(UserAlias(user_id=rita.id, email="rita@globex.example"))
    session.commit()
    assert okta.send("DELETE", f"Users/{okta.add_person('rita@globex.example', active=False)}").status_code == 204
    assert person(session, rita.email).is_active, "she left Globex, and is Initech's now"
    missing = okta.send("GET", "Users/" + "0" * 32)
    for method in ("GET", "DELETE"):
        answer = okta.send(method, f"Users/{hers}")
        assert answer.status_code == 404
    assert okta.send("GET", f"Users/{hers}").data == missing.data
    assert okta.send("GET", "Users").json["totalResults"] == 0
    okta.add_group("Leads", hers)
    assert person(session, rita.email).ticket_visibility == "organization"


def test_only_a_valid_token_comes_in(app, okta, session):
    for secret in ("", "wrong", "hdscim_" + "x" * 43, okta.secret[:-1]):
        answer = app.test_client().get("/scim/v2/Users", headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
    session.query(SignInConnection).one().is_active = False
    session.commit()
    assert okta.send("GET", "Users").status_code == 401


def test_a_second_tester_finds_nothing_over_http(app, okta, session):
    with wsgi_server.serve_app(app) as server:
        command = [sys.executable, "-m", "scim_sanity", "probe", f"{server.url}/scim/v2", "--token", okta.secret]
        command += ["--json-output", "--strict", "--i-accept-side-effects"]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=timeouts.LIMIT, check=False)
    found = json.loads(ran.stdout[ran.stdout.index("{") :])
    wrong = [each for each in found["results"] if each["status"] in ("fail", "error", "warn")]
    assert wrong == [] and found["summary"]["passed"] > 20, ran.stdout


def test_an_independent_tester_finds_nothing(app, okta, session):
    headers = {"Authorization": f"Bearer {okta.secret}"}
    client = WSGISCIMClient(app, base_url="http://localhost/scim/v2", headers=headers)
    results = check_server(client)
    wrong = [f"{each.title}: {each.reason}" for each in results if each.status in (Status.ERROR, Status.CRITICAL)]
    assert len(results) > 50 and wrong == []
    session.rollback()
    assert session.query(ScimResource).count() == 0


def test_a_provider_activates_only_whom_it_deactivated_itself(okta, session, make):
    key = okta.add_person("dana@globex.example", active=True)
    dana = person(session, "dana@globex.example")
    users.deactivate_user(dana, actor=make.agent(role="admin"))
    session.commit()
    for active in (False, True):
        assert okta.patch(f"Users/{key}", {"op": "replace", "value": {"active": active}}).status_code == 200
        assert not person(session, dana.email).is_active, "the help desk's own decision stays"


def test_it_decides_nothing_about_who_is_of_the_team_or_of_another_domain_now(okta, session):
    maya = okta.add_person("maya@globex.example", active=True)
    rita = okta.add_person("rita@globex.example", active=True)
    people = {email: person(session, email) for email in ("maya@globex.example", "rita@globex.example")}
    maya_now = people["maya@globex.example"]
    maya_now.role, maya_now.organization_id = "agent", None
    people["rita@globex.example"].email = "rita@initech.example"
    session.commit()
    for key in (maya, rita):
        assert okta.patch(f"Users/{key}", {"op": "replace", "value": {"active": False}}).status_code == 200
        assert okta.send("DELETE", f"Users/{key}").status_code == 204
    session.rollback()
    assert all(user.is_active for user in people.values())


def test_a_group_makes_admins_of_the_organization_and_keeps_the_last(app, session, make, globex):
    rules = [("IT", "organization-admin"), ("Leads", "organization")]
    provider = Provider(app, session, make, connect(session, globex, "globex.example", rules))
    dana, erin = (provider.add_person(f"{name}@globex.example") for name in ("dana", "erin"))
    group = provider.add_group("IT", dana, erin)

    def list_admins():
        session.rollback()
        rows = session.query(Membership).filter_by(organization_id=globex.id, is_admin=True)
        return sorted(session.get(User, row.user_id).email for row in rows)

    assert list_admins() == ["dana@globex.example", "erin@globex.example"]
    assert not any(user.is_team for user in session.query(User).filter(User.email.like("%globex%")))
    for leaver, left in ((dana, ["erin@globex.example"]), (erin, ["erin@globex.example"])):
        remove = {"op": "remove", "path": f'members[value eq "{leaver}"]'}
        assert provider.patch(f"Groups/{group}", remove).status_code in (200, 204)
        assert list_admins() == left
