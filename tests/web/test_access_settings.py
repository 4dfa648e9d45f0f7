"""The settings of access: organizations, people, team, explainer, portal, and the audit log of their changes."""

import io
import re

import pytest
from bs4 import BeautifulSoup

from helpdesk.domain.administration import settings as chosen
from helpdesk.domain.people import admission, organizations
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.organization import Organization
from helpdesk.models.session import Session
from helpdesk.models.user import User

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.fixture(params=["sqlite"])
def database_url(fresh_sqlite):
    return fresh_sqlite


class Admin:
    def __init__(self, client):
        self.client = client

    def get(self, path):
        return self.client.get(path)

    def post(self, path, values=None, page="/account"):
        token = re.search(r'name="csrf-token" content="([^"]+)"', self.client.get(page).text)[1]
        return self.client.post(path, data={"csrf_token": token, **(values or {})}, content_type="multipart/form-data")


@pytest.fixture
def maya(make):
    return make.agent("Maya", role="admin")


@pytest.fixture
def admin(browser_of, maya):
    return Admin(browser_of(maya))


FORM = {
    "name": "Globex",
    "domains": "globex.example\nglobex.test",
    "addresses": "",
    "users": "everybody",
    "default_ticket_visibility": "organization",
    "slack_channels": "C0GLOBEX001",
    "portal_enabled": "1",
}


def test_add_see_and_change_an_organization(admin, session):
    added = admin.post("/settings/organizations", FORM)
    assert added.status_code == 303
    page = admin.get(added.headers["Location"])
    assert "globex.example\nglobex.test" in page.text and "C0GLOBEX001" in page.text
    assert "Globex" in admin.get("/settings/organizations?q=globex.te").text
    version = re.search(r'name="version" value="(\d+)"', page.text)[1]
    saved = admin.post(
        added.headers["Location"], FORM | {"version": version, "addresses": "dana@gmail.com", "users": "listed"}
    )
    assert saved.status_code == 303
    organization = session.query(Organization).one()
    assert organization.allowlist_only and organization.addresses[0].email == "dana@gmail.com"
    stale = admin.post(added.headers["Location"], FORM | {"version": version, "name": "My typed name"})
    assert stale.status_code == 409 and "Somebody else changed" in stale.text and "My typed name" in stale.text
    assert "changed an organization" in admin.get(f"/settings/audit?organization={organization.id}").text


def test_what_was_typed_stays_beside_each_reason(admin, session):
    answer = admin.post(
        "/settings/organizations", FORM | {"domains": "gmail.com", "slack_channels": "#globex", "notes": "keep me"}
    )
    assert answer.status_code == 422 and "Anybody can have an address" in answer.text
    assert (
        "no Slack channel id" in answer.text and "keep me" in answer.text and session.query(Organization).count() == 0
    )


def test_switching_a_portal_off_ends_open_pages_at_once(admin, browser_of, make, session):
    globex = make.organization("Globex", domain="globex.example")
    dana = browser_of(make.user(globex))
    assert dana.get("/account").status_code == 200
    page = admin.get(f"/settings/organizations/{globex.id}")
    version = re.search(r'name="version" value="(\d+)"', page.text)[1]
    values = {key: value for key, value in FORM.items() if key != "portal_enabled"} | {"version": version}
    admin.post(f"/settings/organizations/{globex.id}", values | {"domains": "globex.example"})
    assert dana.get("/account").status_code == 302
    assert session.query(Session).filter(Session.revoked_at.is_not(None)).count() == 1


def test_view_as_this_customer_is_read_only_audited_and_ends(admin, make, session):
    globex, other = make.organization("Globex"), make.organization("Initech")
    theirs = make.ticket(make.user(globex), subject="The roof leaks")
    foreign = make.ticket(make.user(other))
    begun = admin.post(f"/settings/organizations/{globex.id}/viewing")
    assert begun.headers["Location"] == "/tickets"
    assert "The roof leaks" in admin.get("/tickets").text
    assert admin.get(f"/tickets/{theirs.id}").status_code == 200
    assert admin.get(f"/tickets/{foreign.id}").status_code == 404 and admin.get("/settings").status_code == 404
    refused = admin.post(f"/tickets/{theirs.id}/replies", {"body": "as if I were Globex"}, page="/tickets")
    assert refused.status_code == 403 and "Nothing can be changed" in refused.text
    ended = admin.post("/account/viewing/delete", page="/tickets")
    assert (
        ended.headers["Location"] == f"/settings/organizations/{globex.id}"
        and admin.get("/settings").status_code == 200
    )
    assert [entry.action for entry in session.query(AuditEntry).order_by(AuditEntry.id)] == [
        "viewed as a customer",
        "stopped viewing as a customer",
    ]


def test_the_explainer(admin, make):
    make.organization("Globex", domain="globex.example")
    page = admin.get("/settings/access?email=Dana@globex.example").text
    assert "dana@globex.example is let in" in page and "lets in everybody who has an address there" in page
    page = admin.get("/settings/access?email=dana@mail.globex.example").text
    assert "is not let in" in page and "a subdomain is another domain" in page
    assert "field-error" in admin.get("/settings/access?email=a,b").text
    assert "<script>" not in admin.get("/settings/access?email=<script>").text


def test_import_with_a_dry_run(admin, session):
    text = "name,domains\nGlobex,globex.example\nUmbra,gmail.com\n"
    preview = admin.post("/settings/organizations/import", {"file": (io.BytesIO(text.encode()), "o.csv")})
    assert (
        preview.status_code == 200 and "Import 1 line" in preview.text and "Anybody can have an address" in preview.text
    )
    assert session.query(Organization).count() == 0
    unread = admin.post("/settings/organizations/import", {"text": text, "confirm": "1"})
    assert unread.status_code == 409 and "Read it again" in unread.text and session.query(Organization).count() == 0
    loaded = re.search(r'name="loaded" value="(\w+)"', preview.text)[1]
    done = admin.post("/settings/organizations/import", {"text": text, "confirm": "1", "loaded": loaded})
    assert done.status_code == 303 and organizations.find_by_name("Globex").domains[0].domain == "globex.example"
    wrong = admin.post("/settings/organizations/import", {"file": (io.BytesIO(b"\xff\xfe\x00"), "o.csv")})
    assert wrong.status_code == 422 and "UTF-8" in wrong.text


def test_invite_and_where_no_mail_leaves_hand_the_link_over(admin, session, browser_of):
    answer = admin.post(
        "/settings/team/invitations", {"email": "priya@support.example", "name": "Priya", "role": "agent"}
    )
    link = re.search(r"http://localhost(/sign-in/link/[\w-]{43})", answer.text)[1]
    assert (
        answer.status_code == 200 and session.query(User).filter_by(email="priya@support.example").one().role == "agent"
    )
    priya = Admin(browser_of())
    assert priya.post(link, page=link).headers["Location"] == "/desk"
    again = admin.post("/settings/team/invitations", {"email": "not an address", "role": "agent"})
    assert again.status_code == 422 and 'value="not an address"' in again.text


def test_an_invitation_is_withdrawn_from_the_page(admin, session, browser_of):
    invite = {"email": "priya@support.example", "name": "Priya", "role": "agent"}
    path = r"http://localhost(/sign-in/link/[\w-]{43})"
    link = re.search(path, admin.post("/settings/team/invitations", invite).text)[1]
    priya = session.query(User).filter_by(email="priya@support.example").one()
    address = f"/settings/people/{priya.id}/invitation/delete"
    assert address in admin.get("/settings/team").text and address in admin.get(f"/settings/people/{priya.id}").text
    assert admin.post(address).status_code == 303
    assert address not in admin.get("/settings/team").text
    visitor = Admin(browser_of())
    assert "This link has ended" in visitor.get(link).text
    session.expire_all()
    assert not priya.is_active, "whoever is of the team could sign in with a link of their own"
    withdrawn = session.query(AuditEntry).filter_by(action="withdrew an invitation").one()
    assert (withdrawn.actor_name, withdrawn.subject) == ("Maya", "priya@support.example")
    assert admin.post(address).status_code == 409
    again = re.search(path, admin.post("/settings/team/invitations", invite).text)[1]
    assert Admin(browser_of()).post(again, page=again).headers["Location"] == "/desk"
    session.expire_all()
    assert priya.is_active


def test_a_person_is_changed_and_the_last_admin_stays(admin, make, maya, session):
    dana, priya = make.user(make.organization("Globex")), make.agent("Priya")
    assert admin.post(f"/settings/people/{dana.id}/sees", {"ticket_visibility": "own"}).status_code == 303
    assert admin.post(f"/settings/people/{priya.id}/role", {"role": "lead"}).status_code == 303
    assert admin.post(f"/settings/people/{priya.id}/slack", {"slack_user_id": "U0PRIYA0001"}).status_code == 303
    wrong = admin.post(f"/settings/people/{maya.id}/slack", {"slack_user_id": "maya"})
    assert wrong.status_code == 422 and 'value="maya"' in wrong.text
    assert admin.post(f"/settings/people/{maya.id}/slack", {"slack_user_id": "U0PRIYA0001"}).status_code == 409
    last = admin.post(f"/settings/people/{maya.id}/role", {"role": "agent"})
    assert last.status_code == 409 and "last admin" in last.text
    assert admin.post(f"/settings/people/{dana.id}/deactivation").status_code == 303
    session.expire_all()
    assert (dana.ticket_visibility, priya.role, priya.slack_user_id, maya.role, dana.is_active) == (
        "own",
        "lead",
        "U0PRIYA0001",
        "admin",
        False,
    )
    assert "Deactivated" in admin.get("/settings/people").text
    link = f"/settings/people/{priya.id}#field-slack_user_id"
    assert (
        BeautifulSoup(admin.get("/settings/team").text, "html.parser").find("a", href=link).get_text(strip=True)
        == "linked"
    )


PORTAL = {
    "portal_name": "Northwind help",
    "team_name": "Northwind support",
    "accent": "#aa3366",
    "portal_edition": "external_helpdesk",
    "portal_plan": "enterprise",
    "internal_domains": "Northwind.example",
    "sign_in_google": "1",
}


def test_portal_setup(admin, session):
    assert admin.post("/settings/portal", PORTAL).status_code == 303
    chosen.invalidate_cache()
    assert (chosen.get("portal_name"), chosen.get("sign_in_link"), chosen.get("internal_domains")) == (
        "Northwind help",
        False,
        "northwind.example",
    )
    assert (
        "Northwind help" in admin.get("/settings/portal").text
        and "http://localhost/" in admin.get("/settings/portal").text
    )
    for wrong in ({"accent": "red"}, {"portal_name": ""}, {"portal_plan": "gold"}, {"internal_domains": "a@b"}):
        assert admin.post("/settings/portal", PORTAL | wrong).status_code == 422, wrong
    none = admin.post("/settings/portal", {key: value for key, value in PORTAL.items() if key != "sign_in_google"})
    assert none.status_code == 422 and "at least one way" in none.text


def test_whether_the_portal_is_open_is_one_question(admin, session):
    page = BeautifulSoup(admin.get("/settings/portal").text, "html.parser")
    assert not page.select("[name=portal_plan]"), "plans mean nothing in a helpdesk that one hosts oneself"
    options = page.select("[name=portal_edition] option")
    assert [(option["value"], option.text) for option in options] == [
        ("external_helpdesk", "Yes"),
        ("internal_helpdesk", "No"),
    ]
    assert admin.post("/settings/portal", PORTAL | {"portal_edition": "internal_helpdesk"}).status_code == 303
    chosen.invalidate_cache()
    assert not admission.is_portal_enabled()


def test_a_plan_of_1_0_that_closes_the_portal_can_be_changed(admin, session):
    chosen.set("portal_plan", "starter")
    session.commit()
    chosen.invalidate_cache()
    assert BeautifulSoup(admin.get("/settings/portal").text, "html.parser").select("[name=portal_plan]")


def test_a_logo_is_a_picture_and_nothing_else(admin, browser_of):
    for data in (b"<svg onload=alert(1)>", b"<html>", b"", b"x" * 600_000):
        assert admin.post("/settings/portal/logo", {"logo": (io.BytesIO(data), "logo.png")}).status_code == 422
    assert admin.post("/settings/portal/logo", {"logo": (io.BytesIO(PNG), "logo.svg")}).status_code == 303
    chosen.invalidate_cache()
    logo = browser_of().get("/logo")
    assert (
        logo.status_code == 200 and logo.mimetype == "image/png" and logo.headers["X-Content-Type-Options"] == "nosniff"
    )
    admin.post("/settings/portal/logo/delete")
    chosen.invalidate_cache()
    assert browser_of().get("/logo").status_code == 404


def test_the_audit_trail_goes_back_page_by_page(admin, session):
    from helpdesk.domain.administration import audit_log

    for number in range(120):
        audit_log.add_entry("did a thing", None, f"thing {number:03}")
    session.commit()
    seen, address = [], "/settings/audit"
    while address:
        page = admin.get(address).text
        seen += re.findall(r"thing (\d{3})", page)
        older = re.search(r'rel="next"\s+href="([^"]+)"', page)
        address = older[1].replace("&amp;", "&") if older else None
    assert seen == [f"{number:03}" for number in reversed(range(120))]
    assert admin.get("/settings/audit?before=nonsense_x").status_code == 200
