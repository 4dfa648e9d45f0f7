"""Two tabs sign in with a provider at the same time: both finish, in either order."""

import pytest

from helpdesk.models.session import Session
from helpdesk.web.sign_in import oauth_state
from tests.web.sign_in.conftest import chosen

DANA = "dana@globex.example"


@pytest.fixture(autouse=True)
def globex(make, google):
    google.account(DANA, hd="globex.example", email_verified=True)
    return make.organization("Globex", domain="globex.example")


def begin(browser, next_path="/tickets/new") -> str:
    """Go to Google in a tab and choose Dana there; the address that Google sends the tab back to."""
    away = browser.get("/sign-in/google", query_string={"next": next_path})
    return chosen(away.headers["Location"], DANA)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_both_finish_in_either_order(order, browser, session):
    nexts = ("/tickets/new", "/account")
    backs = [begin(browser, next_path) for next_path in nexts]
    for number in order:
        landed = browser.get(backs[number])
        assert (landed.status_code, landed.headers["Location"]) == (303, nexts[number])
        assert browser.who() == DANA
    assert session.query(Session).filter_by(revoked_at=None).count() == 1


def test_two_providers_at_the_same_time(browser, microsoft):
    google_back = begin(browser)
    browser.get("/sign-in/microsoft")
    assert browser.get(google_back).status_code == 303 and browser.who() == DANA


def test_a_page_loaded_again_after_signing_in_says_nothing_untrue(browser):
    back = begin(browser)
    assert browser.get(back).headers["Location"] == "/tickets/new"
    again = browser.get(back)
    assert (again.status_code, again.headers["Location"]) == (303, "/") and browser.who() == DANA


def test_of_many_tabs_the_cookies_stay_few_and_the_newest_finishes(browser):
    for _ in range(oauth_state.MAX_TABS + 5):
        back = begin(browser, "/tickets/new?" + "x" * 1900)
    cookies = browser.get("/sign-in").request.cookies
    ways = {name: value for name, value in cookies.items() if name.startswith("way-")}
    assert len(ways) <= oauth_state.MAX_TABS
    assert sum(len(name) + len(value) for name, value in ways.items()) < 4000
    assert browser.get(back).status_code == 303 and browser.who() == DANA


def test_a_state_of_one_provider_is_none_of_another(browser):
    back = begin(browser)
    assert browser.get(back.replace("/google/", "/microsoft/")).status_code == 400
    name = next(name for name in browser.get("/sign-in").request.cookies if name.startswith("way-"))
    browser.client.set_cookie(name, "forged.value.here")
    assert browser.get(back).status_code == 400
