"""Two customers with sign-in connections of their own: nothing that is answered to one shows anything of the other.

People of both open every page that they can reach, as a page and as a fragment, every address of the application with
the other's ids, and every SCIM endpoint with their own token. What is the other's has a word that is looked for.
"""

import json
import re
from dataclasses import dataclass

import pytest

from helpdesk import clock
from helpdesk.domain.provisioning import tokens
from helpdesk.models.organization import Organization
from helpdesk.models.provisioning import ScimResource
from helpdesk.models.sign_in_connection import ConnectionDomain, SignInConnection
from helpdesk.models.user import Membership, User
from tests.factories import signed_in_client
from tests.web import page_forms

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SCIM = "urn:ietf:params:scim:schemas:core:2.0:"
NOT_OPENED = re.compile(r"/static|/live|/sign-in/(sso|google|microsoft)|/account/viewing")


@dataclass
class Customer:
    """An organization with its connection. ``word``: what everything of it has in it."""

    word: str
    organization: Organization
    connection: SignInConnection
    admin: User
    person: User
    numbers: dict[str, object]
    secret: str
    scim_ids: list[str]


def make_customer(make, session, word: str) -> Customer:
    domain = f"{word}.example"
    organization = make.organization(word.title(), domain=domain)
    admin = make.user(organization, f"Ada {word}", email=f"ada@{domain}")
    person = make.user(organization, f"Bob {word}", email=f"bob@{domain}")
    session.add(
        Membership(user_id=admin.id, organization_id=organization.id, ticket_visibility="organization", is_admin=True)
    )
    connection = SignInConnection(
        organization_id=organization.id,
        slug=f"slug-of-{word}",
        name=f"Provider of {word}",
        issuer=f"https://login.{domain}",
        client_id=f"client-of-{word}",
        role_rules=[{"claim": "groups", "value": f"Leads of {word}", "gives": "organization"}],
        last_failure="domain",
        last_failure_detail=f"nobody@{word}",
        last_failure_at=clock.now(),
    )
    connection.domains = [ConnectionDomain(domain=domain, token=f"token-of-{word}", verified_at=clock.now())]
    session.add(connection)
    session.flush()
    ticket = make.ticket(person, f"A printer of {word}")
    secret = tokens.issue_token(connection, actor=make.agent(role="admin"))
    resources = [
        ScimResource(
            connection_id=connection.id,
            kind=kind,
            resource_id=f"{word}-{kind}",
            lookup_name=name,
            external_id=f"id-of-{word}",
            data={"schemas": [SCIM + kind], key: name},
        )
        for kind, key, name in (("User", "userName", f"bob@{domain}"), ("Group", "displayName", f"leads of {word}"))
    ]
    session.add_all(resources)
    session.commit()
    numbers = {
        "number": ticket.id,
        "connection_id": connection.id,
        "domain_id": connection.domains[0].id,
        "token_id": tokens.list_tokens(connection)[0].id,
        "user_id": person.id,
        "organization_id": organization.id,
        "slug": organization.slug,
    }
    return Customer(word, organization, connection, admin, person, numbers, secret, [r.resource_id for r in resources])


@pytest.fixture
def customers(make, session):
    return [make_customer(make, session, word) for word in ("quokka", "umbrella")]


def list_addresses(app, other: Customer) -> set[str]:
    """Every address that answers GET and has an id in it, with the ids of ``other``."""
    found = set()
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.arguments & other.numbers.keys():
            values = {name: other.numbers.get(name, 1) for name in rule.arguments}
            found.add(re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", lambda match: str(values[match[1]]), rule.rule))
    return {address for address in found if not NOT_OPENED.match(address)}


def test_no_page_or_fragment_shows_anything_of_the_other(app, customers):
    for mine, other in (customers, customers[::-1]):
        client, seen, own = signed_in_client(app, mine.admin), set(), 0
        reachable = ["/tickets", "/colleagues", "/account"]
        foreign = sorted(list_addresses(app, other))
        while reachable or foreign:
            is_reachable = bool(reachable)
            path = reachable.pop() if reachable else foreign.pop()
            if path in seen:
                continue
            seen.add(path)
            for headers in ({}, {"HX-Request": "true"}) if is_reachable else ({},):
                answer = client.get(path, headers=headers)
                text = answer.get_data(as_text=True).replace(path, "")  # what was asked for may be repeated
                assert other.word not in text.lower() and other.word not in str(answer.headers).lower(), path
                assert answer.status_code < 500, path
                own += mine.connection.client_id in text
            if answer.mimetype == "text/html" and answer.status_code == 200 and is_reachable:
                links = page_forms.links_of(page_forms.parse(answer), path)
                reachable += [link for link in links if "?" not in link and not NOT_OPENED.match(link)]
        assert own and len(seen) > 40
        person = signed_in_client(app, mine.person)
        for path in ("", "/connections/new", f"/connections/{mine.connection.id}"):
            assert person.get(f"/colleagues/sign-in{path}").status_code == 404


def test_no_scim_endpoint_shows_or_changes_anything_of_the_other(app, customers, session):
    for mine, other in (customers, customers[::-1]):
        client, headers = app.test_client(), {"Authorization": f"Bearer {mine.secret}"}

        def ask(method, path, client=client, headers=headers, **body):
            options = {"json": body, "content_type": "application/scim+json"} if body else {}
            return client.open(f"/scim/v2/{path}", method=method, headers=headers, **options)

        before = list_stored(session, other)
        filters = ["userName pr", f'userName co "{other.word}"', f'externalId eq "id-of-{other.word}"', "id pr"]
        asked = ["Users", "Groups", "", "Me", "Schemas", "ResourceTypes", "ServiceProviderConfig", "Users?count=1000"]
        for path in (*asked, *(f"{kind}?filter={each}" for kind in ("Users", "Groups") for each in filters)):
            answer = ask("GET", path)
            given = re.sub("id-of-|filter=.*", "", answer.text) if answer.status_code >= 400 else answer.text
            assert other.word not in given.lower(), path
            if path in ("Users", "Groups"):
                assert mine.word in answer.text and answer.json["totalResults"] == 1
        search = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "id pr"}
        assert other.word not in ask("POST", ".search", **search).text.lower()
        for kind, key in zip(("Users", "Groups"), other.scim_ids, strict=True):
            patch = {
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{"op": "replace", "path": "displayName", "value": "Mine"}],
            }
            whole = {"schemas": [SCIM + kind[:-1]], "userName": "x", "displayName": "x"}
            for method, body in (("GET", {}), ("PUT", whole), ("PATCH", patch), ("DELETE", {})):
                answer, missing = ask(method, f"{kind}/{key}", **body), ask(method, f"{kind}/{'0' * 32}", **body)
                assert answer.status_code == missing.status_code == 404
                assert answer.text.replace(key, "") == missing.text.replace("0" * 32, ""), (method, kind)
        members = [{"value": other.scim_ids[0]}, {"value": str(other.person.id)}]
        ask("POST", "Groups", schemas=[SCIM + "Group"], displayName=f"Leads of {mine.word}s", members=members)
        ask("POST", "Users", schemas=[SCIM + "User"], userName=other.person.email, active=False)
        assert list_stored(session, other) == before


def list_stored(session, customer: Customer) -> str:
    session.rollback()
    rows = session.query(ScimResource).filter_by(connection_id=customer.connection.id).order_by(ScimResource.id)
    person = session.get(User, customer.person.id)
    return json.dumps([[row.data, row.version] for row in rows]) + f"{person.is_active} {person.ticket_visibility}"
