"""The address of a filtered list names only what is chosen, without scripts as well."""

import pytest
from bs4 import BeautifulSoup

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def desk(make, browser_of):
    make.ticket(make.user(make.organization("Globex")))
    return browser_of(make.agent("Maya", role="admin"))


@pytest.mark.parametrize(
    ("asked", "clean"),
    [
        ("/desk?view=all&q=&status=open&priority=&assignee=", "/desk?view=all&status=open"),
        ("/desk?view=&q=", "/desk"),
        ("/desk?q=a%20%C3%A4%26b&tag=", "/desk?q=a%20%C3%A4%26b"),
        ("/tickets?q=&status=", "/tickets"),
        ("/settings/audit?q=&organization=", "/settings/audit"),
    ],
)
def test_a_browser_that_sends_empty_fields_is_led_to_the_address_without(desk, asked, clean):
    answer = desk.get(asked, headers=PAGE)
    assert (answer.status_code, answer.location) == (302, clean)
    assert desk.get(clean, headers=PAGE).status_code in (200, 302)


@pytest.mark.parametrize("address", ["/notifications?unread", "/desk?view=all&q=a", "/desk?q=a=", "/no-such-page?a="])
def test_others_are_led_nowhere(desk, address):
    assert desk.get(address, headers=PAGE).status_code in (200, 404)


def test_nobody_is_led_to_another_site(desk):
    answer = desk.get("/", headers=PAGE, environ_overrides={"PATH_INFO": "//evil.example/a", "QUERY_STRING": "b="})
    assert not answer.headers.get("Location", "").startswith("//")


def test_what_scripts_ask_for_is_answered_at_once(desk):
    assert desk.get("/desk?view=all&q=").status_code == 200
    assert desk.get("/desk?view=all&q=", headers=PAGE | {"HX-Request": "true"}).status_code == 200


def test_the_views_own_order_is_chosen_by_a_name_where_another_one_is_remembered(desk):
    def orders(address):
        page = BeautifulSoup(desk.get(address).text, "html.parser")
        return [each["value"] for each in page.select("[name=sort] option")], page.select_one("[name=sort] [selected]")

    values, _ = orders("/desk?view=unassigned")
    assert values[0] == ""
    values, chosen = orders("/desk?view=unassigned&sort=newest")
    assert (values[0], chosen["value"]) == ("own", "newest")
    assert orders("/desk?view=unassigned")[0][0] == "own", "it is remembered"
    assert orders("/desk?view=unassigned&sort=own")[0][0] == ""
    assert orders("/desk?view=unassigned")[0][0] == ""
