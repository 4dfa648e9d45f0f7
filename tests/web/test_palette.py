"""The command palette finds tickets, people, organizations, views and pages."""

import pytest
from bs4 import BeautifulSoup

from helpdesk.domain.tickets import tags
from tests.web.pages import parse_page


@pytest.fixture
def filed_ticket(make):
    make.channel("C0TRIAGE")
    dana = make.user(make.organization("Globex", slack="C0GLOBEX"), "Dana Fields")
    return make.ticket(dana, subject="The printer is on fire")


def found(client, words: str) -> dict[str, str]:
    """The address of each result by its name."""
    page = BeautifulSoup(client.get("/desk/palette", query_string={"q": words}).get_data(as_text=True), "html.parser")
    return {link.bdi.text: link["href"] for link in page.select("[role=option]")}


def test_a_number_is_the_ticket(filed_ticket, make, browser_of):
    desk = browser_of(make.agent())
    address = f"/tickets/{filed_ticket.number}"
    for words in (str(filed_ticket.number), f"#{filed_ticket.number}", "printer"):
        assert found(desk, words)["The printer is on fire"] == address


def test_people_organizations_views_and_pages_by_name(filed_ticket, make, browser_of):
    desk = browser_of(make.agent())
    assert found(desk, "fields")["Dana Fields"] == f"/desk/people/{filed_ticket.requester_id}"
    assert found(desk, "globex")["Globex"] == "/desk/people/organizations/globex"
    assert found(desk, "unass")["Unassigned"] == "/desk?view=unassigned"
    assert found(desk, "file a")["File a ticket for a customer"] == "/tickets/new"
    assert found(desk, "no such thing at all") == {}


def test_settings_are_offered_to_admins_only(make, browser_of):
    assert "/settings/mail" in found(browser_of(make.agent(role="admin")), "mail").values()
    assert "/settings/mail" not in found(browser_of(make.agent()), "mail").values()


def test_without_words_it_lists_where_to_go(make, browser_of):
    assert {"Mine", "Customers"} <= set(found(browser_of(make.agent()), ""))


@pytest.mark.parametrize(
    ("role", "addresses"),
    [
        ("agent", ["/settings/replies", "/settings/articles"]),
        ("lead", ["/settings/replies", "/settings/articles", "/settings/rules"]),
    ],
)
def test_the_settings_that_a_role_may_open_are_beside_each_of_them(make, session, browser_of, role, addresses):
    person = browser_of(make.agent(role=role))
    assert parse_page(person.get("/desk")).select(".site-nav a[href='/settings/replies']")
    for path in addresses:
        page = parse_page(person.get(path))
        assert [link["href"] for link in page.select(".side-nav a")] == addresses
        assert page.select_one(".side-nav a[aria-current]")["href"] == path


def test_the_composer_asks_for_tickets_only(filed_ticket, make, browser_of):
    desk = browser_of(make.agent())
    page = BeautifulSoup(desk.get("/desk/palette?kind=tickets&q=prin").get_data(as_text=True), "html.parser")
    assert [link["href"] for link in page.select("a")] == [f"/tickets/{filed_ticket.number}"]


def test_emoji_are_found_by_name(make, browser_of):
    customer = browser_of(make.user(make.organization()))
    assert customer.get("/emoji-names?q=tad").json[0] == ["tada", "🎉"]
    assert customer.get("/emoji-names?q=t").json == []


def actions_of(client, ticket, words: str) -> dict[str, dict]:
    """What the palette offers to do on the page of ``ticket``: the form of each by its name."""
    page = BeautifulSoup(
        client.get(
            "/desk/palette",
            query_string={"q": words},
            headers={"HX-Current-URL": f"http://localhost/tickets/{ticket.number}?sent=3"},
        ).get_data(as_text=True),
        "html.parser",
    )
    return {
        form.bdi.text: {field["name"]: field["value"] for field in form.select("input")} | {"action": form["action"]}
        for form in page.select("#palette-results form")
    }


@pytest.mark.parametrize(
    ("words", "name", "attribute", "value"),
    [
        ("assign jonas", "Assign to Jonas Park", "assignee_id", "jonas"),
        ("take", "Take it", "assignee_id", "maya"),
        ("solve", "Solve", "status", "solved"),
        ("status wait", "Status: Waiting for customer", "status", "pending"),
        ("prio urg", "Priority: Urgent", "priority", "urgent"),
        ("tags bill", "Add tags: billing", "tags", ("billing",)),
    ],
)
def test_on_a_ticket_it_acts(filed_ticket, make, session, browser_of, words, name, attribute, value):
    maya, jonas = make.agent("Maya Lind"), make.agent("Jonas Park")
    tags.change_tags(make.ticket(filed_ticket.requester), add=["billing"], actor=maya)
    session.commit()
    desk = browser_of(maya)
    fields = actions_of(desk, filed_ticket, words)[name]
    assert desk.post(fields.pop("action"), data=fields).status_code == 303
    session.expire_all()
    expected = {"jonas": jonas.id, "maya": maya.id}.get(value, value) if isinstance(value, str) else value
    assert getattr(session.get(type(filed_ticket), filed_ticket.id), attribute) == expected


def test_it_acts_on_nothing_without_an_open_ticket(filed_ticket, make, session, browser_of):
    desk = browser_of(make.agent())
    page = BeautifulSoup(desk.get("/desk/palette?q=solve").get_data(as_text=True), "html.parser")
    assert not page.select("form")
    assert set(actions_of(desk, filed_ticket, "")) == {"Solve", "Take it"}
    filed_ticket.status = "solved"
    session.commit()
    assert set(actions_of(desk, filed_ticket, "")) == {"Reopen"}
