"""Admins build a form in the browser, see it as a customer does, and publish it."""

import pytest

from helpdesk.models.form import Form
from tests.web.pages import parse_page


@pytest.fixture
def admin(make, browser_of):
    return browser_of(make.agent("Ada", role="admin"))


@pytest.fixture
def post(admin):
    def post(path, **data):
        token = parse_page(admin.get("/settings/forms")).select_one("[name=csrf_token]")["value"]
        return admin.post(path, data={"csrf_token": token} | data)

    return post


def made(post, **values):
    answer = post("/settings/forms", **({"name": "Hardware", "for_all": "all"} | values))
    assert answer.status_code == 303
    return answer.location


def test_from_nothing_to_a_published_form(session, make, admin, post, browser_of):
    client = browser_of(make.user(make.organization("Globex")))
    assert "No form yet" in parse_page(admin.get("/settings/forms")).text
    form = made(post, description="Things one can touch")
    assert (
        post(
            f"{form}/fields",
            kind="select",
            label="What is it",
            options="Printer\nLaptop",
            required="1",
            customer_fills="1",
        ).status_code
        == 303
    )
    assert (
        post(
            f"{form}/fields",
            kind="short_text",
            label="Serial",
            customer_fills="1",
            shown_if_key="what_is_it",
            shown_if_value="Printer",
        ).status_code
        == 303
    )
    post(f"{form}/fields", kind="number", label="Margin", team_only="1")
    page = parse_page(admin.get(form))
    assert [link.text.strip() for link in page.select("ol a")] == ["What is it", "Serial", "Margin"]
    assert "Adds “Serial” (Short text)." in page.text
    preview = parse_page(admin.get(f"{form}/preview"))
    assert preview.select_one("[name=field-serial]") and not preview.select("[name=field-margin]")
    assert not preview.select("#ticket-form[action]") and preview.select_one("[data-shown-if=what_is_it]")
    assert "no form for you yet" in parse_page(client.get("/tickets/new")).text
    assert post(f"{form}/publication").status_code == 303
    filled = parse_page(client.get("/tickets/new"))
    assert filled.select_one("[name=field-serial]") and not filled.select("[name=field-margin]")


def test_an_edit_begins_a_draft_that_nobody_sees_until_it_is_published(make, admin, post, browser_of):
    client = browser_of(make.user(make.organization("Globex")))
    form = made(post)
    post(f"{form}/fields", kind="short_text", label="Serial", customer_fills="1")
    post(f"{form}/publication")
    assert "Draft of version" not in parse_page(admin.get(form)).text
    assert parse_page(admin.get(f"{form}/fields/serial")).select_one("[name=label]")["value"] == "Serial"
    post(f"{form}/fields/serial", kind="short_text", label="Serial number", required="1", customer_fills="1")
    page = parse_page(admin.get(form))
    assert "Draft of version 2" in page.text and "Renames “Serial” to “Serial number”." in page.text
    assert "Serial number" not in parse_page(client.get("/tickets/new")).text
    post(f"{form}/draft/delete")
    assert "Draft of version" not in parse_page(admin.get(form)).text
    post(f"{form}/fields/serial/delete")
    post(f"{form}/publication")
    assert not parse_page(client.get("/tickets/new")).select("[name=field-serial]")


def test_fields_move(admin, post):
    form = made(post)
    for label in "abc":
        post(f"{form}/fields", kind="short_text", label=label)
    post(f"{form}/fields/c/place", to="up")
    post(f"{form}/fields/a/place", to="down")
    assert [link.text for link in parse_page(admin.get(form)).select("ol a")] == ["c", "a", "b"]


def test_what_is_wrong_is_said_beside_what_was_typed(admin, post):
    assert "Give the form a name" in parse_page(post("/settings/forms", name=" ", description="kept"), 422).text
    form = made(post)
    page = parse_page(post(f"{form}/fields", kind="select", label="Colour", options="", help="kept"), 422)
    assert "one answer per line" in page.select_one("[data-error-summary]").text
    assert page.select_one("[name=help]")["value"] == "kept"
    assert "at least one organization" in parse_page(post(form, name="Hardware", for_all="some"), 422).text
    post(f"{form}/fields", kind="short_text", label="First")
    post(f"{form}/fields", kind="short_text", label="Second", shown_if_key="first", customer_fills="1")
    refused = post(f"{form}/publication")
    assert "customers do not fill in" in parse_page(refused, 422).text
    assert parse_page(post(f"{form}/fields/first/delete"), 409)


def test_forms_are_for_some_change_places_and_are_archived(session, make, admin, post, browser_of):
    globex = make.organization("Globex")
    ours, theirs = browser_of(make.user(globex)), browser_of(make.user(make.organization("Initech")))
    first, second = made(post, name="First"), made(post, name="Second", for_all="some", organizations=str(globex.id))
    for form in (first, second):
        post(f"{form}/publication")
    assert [link.text for link in parse_page(ours.get("/tickets/new")).select(".form-choices a")] == ["First", "Second"]
    assert parse_page(theirs.get("/tickets/new")).select_one("#ticket-form")
    assert theirs.get("/tickets/new?form=second").status_code == 404
    post(f"{second}/place", to="up")
    assert [link.text for link in parse_page(ours.get("/tickets/new")).select(".form-choices a")] == ["Second", "First"]
    post(f"{second}/archive")
    assert parse_page(ours.get("/tickets/new")).select_one("#ticket-form")
    post(f"{second}/archive/delete")
    assert ours.get("/tickets/new?form=second").status_code == 200
    assert session.query(Form).count() == 2


def test_only_admins_come_in(make, browser_of):
    for who, status in ((make.agent(), 403), (make.user(make.organization()), 404)):
        client = browser_of(who)
        for path in ("/settings/forms", "/settings/forms/1", "/settings/forms/1/fields/new"):
            assert client.get(path).status_code == status
