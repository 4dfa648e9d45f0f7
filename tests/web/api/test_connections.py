"""Sign-in connections by the API: set up with an admin's token, and their secrets in no answer."""

import pytest

from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.sign_in_connection import SignInConnection
from tests.web.api.conftest import ALL
from tests.web.sign_in.companies import serve_company
from tests.web.sign_in.name_server import serve_records

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SECRET = "very-secret-1"


@pytest.fixture
def settings():
    return {"WEBHOOKS_TO_LOOPBACK": True}


@pytest.fixture
def given(make):
    make.organization("Globex", domain="globex.example")
    return {
        "organization": "globex",
        "name": "Okta",
        "issuer": "https://globex.okta.com",
        "client_id": "portal",
        "client_secret": SECRET,
        "domains": ["globex.example"],
        "role_rules": [{"claim": "groups", "value": "IT: Leads = all", "gives": "organization-admin"}],
        "session_hours": 8,
    }


def test_a_connection_from_adding_to_deleting(program, given, session, admin):
    asker = program()
    made = asker("POST", "/api/connections", 201, given, **{"Idempotency-Key": "once"})
    again = asker("POST", "/api/connections", 201, given, **{"Idempotency-Key": "once"})
    assert made == again and session.query(SignInConnection).count() == 1
    assert (made["organization"], made["name"], made["is_active"]) == ("globex", "Okta", True)
    assert made["role_rules"] == given["role_rules"] and made["session_hours"] == 8
    assert made["redirect_address"] == made["sign_in_address"] + "/authorized"
    [domain] = made["domains"]
    assert (domain["is_proven"], domain["record_name"]) == (False, "_helpdesk-sign-in.globex.example")
    address = f"/api/connections/{made['id']}"

    with serve_records() as records:
        assert asker("POST", f"{address}/domains/globex.example/check")["domains"] == [domain]
        records[domain["record_name"]] = domain["record_value"]
        assert asker("POST", f"{address}/domains/globex.example/check")["domains"][0]["is_proven"]
    assert asker("POST", f"{address}/domains/globex.example/vouch")["domains"][0]["is_vouched"]
    asker("POST", f"{address}/domains/initech.example/vouch", 404)

    change = {"client_secret": "very-secret-2", "is_active": False, "role_rules": [], "session_hours": None}
    changed = asker("PATCH", address, 200, change)
    assert (changed["is_active"], changed["is_locked"], changed["role_rules"]) == (False, True, [])
    assert changed["name"] == "Okta" and changed["session_hours"] is None
    listed = asker("GET", "/api/connections?organization=globex&fields=id,name")
    assert listed["data"] == [{"id": made["id"], "name": "Okta"}]
    asker("GET", "/api/connections?organization=initech", 404)
    everything = str([made, changed, asker("GET", "/api/connections"), asker("GET", address)])
    assert "secret-" not in everything and "client_secret" not in everything
    assert asker.client.delete(address, headers=asker.headers).status_code == 204
    asker("GET", address, 404)
    session.rollback()
    entries = [(entry.action, entry.actor_id) for entry in session.query(AuditEntry) if "connection" in entry.action]
    assert {("added a sign-in connection", admin.id), ("deleted a sign-in connection", admin.id)} <= set(entries)
    assert "secret-" not in str([entry.details for entry in session.query(AuditEntry)])


REFUSED = (
    ({"organization": None, "role_rules": [], "domains": ["globex.example"]}, "domains"),
    (
        {"organization": None, "domains": [], "role_rules": [{"claim": "a", "value": "b", "gives": "own"}]},
        "role_rules",
    ),
    ({"role_rules": [{"claim": "groups", "value": "All", "gives": "admin"}]}, "role_rules"),
    ({"role_rules": [{"claim": "groups", "value": "x\nsub = 1", "gives": "own"}]}, "role_rules"),
    ({"domains": ["gmail.com"]}, "domains"),
    ({"issuer": "http://globex.okta.com"}, "issuer"),
    ({"issuer": "https://accounts.google.com"}, "preset"),
    ({"client_secret": ""}, "client_secret"),
    ({"session_hours": 0}, "session_hours"),
    ({"last_sign_in_at": None}, "last_sign_in_at"),
)


def test_what_cannot_be_added_says_why(program, given, session):
    asker = program()
    for change, field in REFUSED:
        problem = asker("POST", "/api/connections", 422, given | change)
        assert field in problem["errors"] and SECRET not in str(problem), change
        session.rollback()
        assert session.query(SignInConnection).count() == 0, change


def test_a_secret_expires_between_the_years_1_and_9999(program, given):
    refused = program()("POST", "/api/connections", 422, given | {"secret_expires_at": "9999-12-31T23:59:59-14:00"})
    assert list(refused["errors"]) == ["secret_expires_at"]


def test_what_stays_cannot_be_changed(program, given):
    asker = program()
    made = asker("POST", "/api/connections", 201, given)
    for change in ({"issuer": "https://x.example"}, {"organization": None}, {"preset": "google"}, {"name": None}):
        asker("PATCH", f"/api/connections/{made['id']}", 422, change)


def test_only_an_admins_token_with_the_scope_is_let_in(program, given, admin, session):
    reader, other = program(["connections:read"]), program([each for each in ALL if "connections" not in each])
    made = program()("POST", "/api/connections", 201, given)
    address = f"/api/connections/{made['id']}"
    assert reader("GET", address)["id"] == made["id"]
    reader("PATCH", address, 403, {"name": "Mine"})
    for path in ("/api/connections", address):
        other("GET", path, 403)
    whole = program()
    session.rollback()
    admin.role = "agent"
    session.commit()
    whole("GET", address, 403)
    whole("PATCH", address, 403, {"name": "Mine"})
    whole("POST", f"{address}/domains/globex.example/vouch", 403)
    assert session.query(SignInConnection).one().name == "Okta"


def test_document_and_keys_can_be_fetched(program, given):
    with serve_company("Globex") as provider:
        asker = program()
        made = asker("POST", "/api/connections", 201, given | {"issuer": provider.url})
        check = f"/api/connections/{made['id']}/check"
        assert asker("POST", check) == {"is_usable": True, "reason": "", "sentence": ""}
        provider.discovery_changes = {"issuer": "https://login.initech.example"}
        found = asker("POST", check)
        assert (found["is_usable"], found["reason"]) == (False, "issuer") and "initech" in found["sentence"]
