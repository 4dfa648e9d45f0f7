"""What Entra ID and Okta send that the standard does not have, or has otherwise.

Sources: Microsoft, "Develop and plan provisioning for a SCIM endpoint" and "Known issues with SCIM 2.0 compliance";
Okta, "SCIM 2.0 protocol reference" for users and groups.
"""

import pytest

from helpdesk.domain.people import addresses, users
from helpdesk.models.provisioning import ScimResource
from helpdesk.models.user import User
from tests.web.test_scim import Provider, connect, person

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
EMAIL = "dana@globex.example"
CHANGES = {
    "Entra: capitals and a text for a boolean": [{"op": "Replace", "path": "active", "value": "False"}],
    "Entra: the same without a path": [{"op": "Replace", "value": {"active": "False"}}],
    "Entra: a text in small letters": [{"op": "replace", "path": "active", "value": "false"}],
    "Okta: active only, without a path": [{"op": "replace", "value": {"active": False}}],
    "the standard": [{"op": "replace", "path": "active", "value": False}],
    "Entra: several attributes at once": [
        {"op": "Replace", "path": "name.familyName", "value": "Deed"},
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": EMAIL},
        {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+43 1 1"},
        {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Sales"},
        {"op": "Replace", "path": "active", "value": "False"},
    ],
    "Entra: a manager as a text, and dotted names": [
        {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": "boss"},
        {"op": "Replace", "value": {"displayName": "Dana D.", "name.givenName": "Dana", "active": "False"}},
    ],
    "Entra: roles with a text for primary": [
        {"op": "Add", "path": "roles", "value": [{"primary": "True", "value": "User"}]},
        {"op": "Replace", "path": "active", "value": "False"},
    ],
}


@pytest.fixture(params=["sqlite"])
def database_url(fresh_sqlite):
    return fresh_sqlite


@pytest.fixture
def provider(app, session, make):
    globex = make.organization("Globex", domain="globex.example")
    return Provider(app, session, make, connect(session, globex, "globex.example", [("Leads", "organization")]))


def test_each_way_to_deactivate_somebody_does(provider, session):
    for number, (case, operations) in enumerate(CHANGES.items()):
        email = f"p{number}@globex.example"
        key = provider.add_person(email, active=True, emails=[{"type": "work", "value": email, "primary": True}])
        answer = provider.patch(f"Users/{key}", *operations)
        assert answer.status_code in (200, 204), (case, answer.text)
        assert not person(session, email).is_active, case


def test_names_with_dots_and_of_a_schema_are_paths(provider, session):
    key = provider.add_person(EMAIL, name={"givenName": "D", "familyName": "Deed"})
    value = {"name.givenName": "Dana", f"{ENTERPRISE}:department": "Sales", "active": True}
    manager = {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": "boss"}
    answer = provider.patch(f"Users/{key}", {"op": "Add", "value": value}, manager)
    assert answer.status_code == 200, answer.text
    assert answer.json["name"] == {"givenName": "Dana", "familyName": "Deed"}
    assert answer.json[ENTERPRISE] == {"department": "Sales", "manager": {"value": "boss"}}
    assert person(session, EMAIL).name == "Dana Deed"


def test_a_person_as_each_sends_one(provider, session):
    entra = provider.send(
        "POST",
        "Users",
        schemas=[CORE, ENTERPRISE],
        externalId="dana",
        userName=EMAIL,
        active=True,
        emails=[{"primary": True, "type": "work", "value": EMAIL}],
        meta={"resourceType": "User"},
        name={"formatted": "Dana Deed", "familyName": "Deed", "givenName": "Dana"},
        roles=[],
    )
    assert entra.status_code == 201, entra.text
    okta = provider.send(
        "POST",
        "Users",
        schemas=[CORE],
        userName="erin@globex.example",
        name={"givenName": "Erin", "familyName": "Wolf"},
        emails=[{"primary": True, "value": "erin@globex.example", "type": "work"}],
        displayName="Erin Wolf",
        locale="en-US",
        externalId="00ujl29u0le5T6Aj10h7",
        groups=[],
        password="1mz050nq",
        active=True,
    )
    assert okta.status_code == 201 and "1mz050nq" not in okta.text, okta.text
    whole = okta.json | {"active": False, "groups": [], "password": "x"}
    answer = provider.send("PUT", f"Users/{okta.json['id']}", **whole)
    assert answer.status_code == 200 and answer.json["active"] is False, answer.text
    assert person(session, EMAIL).name == "Dana Deed" and not person(session, "erin@globex.example").is_active
    assert all("password" not in row.data for row in session.query(ScimResource))


def test_groups_as_each_changes_them(provider, session):
    dana = provider.add_person(EMAIL)
    group = provider.add_group("Others")
    okta = {"op": "replace", "value": {"id": group, "displayName": "Leads"}}
    assert provider.patch(f"Groups/{group}", okta).status_code in (200, 204)
    changes = (
        ({"op": "Add", "path": "members", "value": [{"value": dana}]}, "organization"),  # Entra
        ({"op": "Remove", "path": "members", "value": [{"value": dana}]}, "own"),  # Entra, in its older form
        ({"op": "add", "path": "members", "value": [{"value": dana, "display": EMAIL}]}, "organization"),  # Okta
        ({"op": "remove", "path": f'members[value eq "{dana}"]'}, "own"),
        ({"op": "replace", "path": "members", "value": [{"value": dana, "display": EMAIL}]}, "organization"),  # Okta
        ({"op": "Remove", "path": "members"}, "own"),
    )
    for operation, sees in changes:
        answer = provider.patch(f"Groups/{group}", operation)
        assert answer.status_code in (200, 204), (operation, answer.text)
        assert person(session, EMAIL).ticket_visibility == sees, operation


def test_how_each_looks_before_it_writes(provider):
    key = provider.add_person(EMAIL, externalId="dana", displayName="Dana Deed")
    group = provider.add_group("Leads", key)
    for query, number in (
        ('Users?filter=userName eq "b3d1c7a4-0000-0000-0000-000000000000"', 0),  # Entra's test of the connection
        (f'Users?filter=userName eq "{EMAIL}"&startIndex=1&count=100', 1),  # Okta
        ('Users?filter=externalId eq "dana"', 1),
        ('Groups?excludedAttributes=members&filter=displayName eq "Leads"', 1),  # Entra
        ("Groups?startIndex=1&count=100", 1),
        ('Users?filter=displayName eq "Dana Deed"', 1),
        ('Groups?filter=userName eq "Leads"', 400),
        ("Users?filter=", 1),
    ):
        answer = provider.send("GET", query)
        assert answer.json.get("totalResults", answer.status_code) == number, query
    assert "members" not in provider.send("GET", f"Groups/{group}?excludedAttributes=members").json


def test_a_person_who_was_deleted_comes_again(provider, session, make):
    """As JumpCloud and Google Workspace end and renew an assignment: DELETE, then POST."""
    key, group = provider.add_person(EMAIL), provider.add_group("Leads")
    provider.patch(f"Groups/{group}", {"op": "add", "path": "members", "value": [{"value": key}]})
    assert provider.send("DELETE", f"Users/{key}").status_code == 204
    assert not person(session, EMAIL).is_active
    assert provider.send("GET", f"Groups/{group}").json.get("members", []) == []
    assert provider.send("GET", "Users").json["totalResults"] == 0
    key = provider.add_person(EMAIL)
    assert person(session, EMAIL).is_active
    provider.patch(f"Users/{key}", {"op": "replace", "path": "active", "value": False})
    assert provider.send("DELETE", f"Users/{key}").status_code == 204
    provider.add_person(EMAIL)
    assert person(session, EMAIL).is_active


def test_whom_somebody_here_deactivated_last_the_provider_does_not_activate(provider, session, make):
    admin = make.agent(role="admin")
    key = provider.add_person(EMAIL)
    provider.patch(f"Users/{key}", {"op": "replace", "path": "active", "value": False})
    dana = person(session, EMAIL)
    users.activate_user(dana, actor=admin)
    users.deactivate_user(dana, actor=admin)
    session.commit()
    provider.patch(f"Users/{key}", {"op": "replace", "path": "active", "value": True})
    assert not person(session, EMAIL).is_active
    provider.send("DELETE", f"Users/{key}")
    provider.add_person(EMAIL)
    assert not person(session, EMAIL).is_active


def test_an_address_that_changes_at_the_provider_changes_here(provider, session, make):
    key = provider.add_person(EMAIL, emails=[{"type": "work", "value": EMAIL, "primary": True}])
    make.user(person(session, EMAIL).organization, "Erin", email="erin@globex.example")
    for name, expected in (
        ("dana.wolf@globex.example", "dana.wolf@globex.example"),
        ("erin@globex.example", "dana.wolf@globex.example"),  # somebody else's
        ("dana@elsewhere.example", "dana.wolf@globex.example"),  # not a domain of the connection
    ):
        answer = provider.patch(f"Users/{key}", {"op": "Replace", "path": "userName", "value": name})
        assert answer.status_code == 200, answer.text
        dana = session.get(User, session.query(ScimResource).filter_by(resource_id=key).one().user_id)
        session.refresh(dana)
        assert dana.email == expected, name
    assert [alias.email for alias in dana.aliases] == [EMAIL]


def test_an_address_that_an_admin_has_changed_is_not_changed_back(provider, session, make):
    key, admin = provider.add_person(EMAIL), make.agent(role="admin")
    addresses.change_person(person(session, EMAIL), name="D", email="d@globex.example", keep_alias=False, actor=admin)
    session.commit()
    provider.patch(f"Users/{key}", {"op": "Replace", "path": "userName", "value": "dd@globex.example"})
    assert person(session, "d@globex.example") and person(session, "dd@globex.example") is None


def test_a_member_who_is_added_twice_is_one(provider):
    key, group = provider.add_person(EMAIL), provider.add_group("Leads")
    for _ in range(2):
        provider.patch(f"Groups/{group}", {"op": "Add", "path": "members", "value": [{"value": key}]})
    assert [each["value"] for each in provider.send("GET", f"Groups/{group}").json["members"]] == [key]


def test_the_scheme_of_a_token_is_written_as_anybody_likes(provider):
    for scheme in ("bearer", "BEARER"):  # RFC 9110, section 11.1
        headers = {"Authorization": f"{scheme} {provider.secret}"}
        assert provider.client.get("/scim/v2/Users", headers=headers).status_code == 200
