"""The command palette finds tickets, people, organizations, views and pages."""

import pytest
from bs4 import BeautifulSoup

from tests.web.test_reading_tickets import soup


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
    assert soup(person.get("/desk")).select(".site-nav a[href='/settings/replies']")
    for path in addresses:
        page = soup(person.get(path))
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
