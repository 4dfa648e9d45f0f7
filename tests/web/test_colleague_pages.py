"""The pages on which an admin of an organization manages its people."""

import pytest

from helpdesk.domain.authentication import sessions
from helpdesk.domain.colleagues import management
from helpdesk.domain.people import memberships
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.organization import OrganizationAddress
from tests.web.pages import parse_page
from tests.web.test_reading_tickets import send

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_people_are_listed_invited_changed_and_removed(make, session, browser_of):
    globex = make.organization("Globex", domain="globex.example")
    globex.addresses.append(OrganizationAddress(email="listed@globex.example"))
    ada, bob = make.user(globex, "Ada Fields"), make.user(globex, "Bob Stone")
    support = make.agent(role="admin")
    admin = browser_of(support)
    customer = browser_of(ada)
    assert not parse_page(customer.get("/tickets")).select(".site-nav a[href='/colleagues']")
    given = {"organization": globex.id, "ticket_visibility": "organization", "has_roles": "1", "is_admin": "1"}
    assert send(admin, f"/settings/people/{ada.id}/sees", **given).status_code == 303
    assert parse_page(admin.get(f"/settings/people/{ada.id}")).select_one("input[name=is_admin][checked]")
    assert parse_page(customer.get("/tickets")).select(".site-nav a[href='/colleagues']")
    sessions.create_session(
        bob, "link", browser="Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
    )
    session.commit()
    page = parse_page(customer.get("/colleagues"))
    assert [a["href"] for a in page.select(".rows.card a")] == [f"/colleagues/{bob.id}", f"/colleagues/{ada.id}"]
    assert "In 1 browser" in page.text and "listed@globex.example" in page.text
    refused = send(customer, "/colleagues", email="ceo@initech.example", ticket_visibility="own")
    assert (
        refused.status_code == 422
        and parse_page(refused, 422).select_one("#field-email")["value"] == "ceo@initech.example"
    )
    session.rollback()
    assert session.query(AuditEntry).filter_by(action=management.REFUSED).one().subject == "ceo@initech.example"
    assert send(customer, "/colleagues", email="eve@globex.example", ticket_visibility="own").status_code == 303
    assert "Invited" in customer.get("/colleagues?q=eve").text
    assert send(customer, "/colleagues/addresses/delete", email="listed@globex.example").status_code == 303
    page = parse_page(customer.get(f"/colleagues/{bob.id}"))
    assert "Firefox on Linux" in page.text
    assert send(customer, f"/colleagues/{bob.id}", ticket_visibility="own").status_code == 303
    older = page.select_one("input[name=loaded]")["value"]
    stale = send(customer, f"/colleagues/{bob.id}", ticket_visibility="organization", loaded=older)
    assert stale.status_code == 409, "somebody else saved since this page was loaded"
    assert "Own tickets" in parse_page(customer.get("/colleagues?q=bob")).text
    myself = send(customer, f"/colleagues/{ada.id}", ticket_visibility="organization")
    assert myself.status_code == 422 and "cannot take this role from yourself" in myself.text
    assert send(customer, f"/colleagues/{ada.id}/removal").status_code == 409
    assert send(customer, f"/colleagues/{bob.id}/sessions/delete").status_code == 303
    assert send(customer, f"/colleagues/{bob.id}/removal").status_code == 303
    assert bob.email in parse_page(customer.get("/colleagues")).select_one("section[aria-labelledby=removed]").text
    assert "removed them" in admin.get(f"/settings/people/{bob.id}").text
    restored = send(admin, f"/settings/people/{bob.id}/removal/delete", organization=globex.id)
    assert restored.status_code == 303 and "Bob Stone" in customer.get("/colleagues").text


def test_a_member_of_the_team_who_views_the_portal_as_a_customer_manages_nobody(make, session, browser_of):
    globex = make.organization("Globex")
    memberships.set_admin(make.user(globex), globex, True, actor=make.agent(role="admin"))
    session.commit()
    admin = browser_of(make.agent(role="admin"))
    send(admin, f"/settings/organizations/{globex.id}/viewing")
    assert admin.get("/tickets").status_code == 200 and admin.get("/colleagues").status_code == 404
