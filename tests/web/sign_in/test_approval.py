"""A link opened in another browser approves the sign-in where it was asked for, by the number shown there."""

import re

import pytest
from bs4 import BeautifulSoup

from helpdesk.domain.authentication import approvals, magic_links, signed_links
from helpdesk.models.session import Session
from helpdesk.models.sign_in_link import SignInLink

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0"


@pytest.fixture(autouse=True)
def globex(make):
    return make.organization("Globex", domain="globex.example")


@pytest.fixture
def asked(browser, session):
    """A browser that asked for a link: the path of the link, and the number shown there."""
    form = {"email": "dana@globex.example", "next": "/account", "time_zone": "Europe/Berlin"}
    browser.post("/sign-in/link", form, headers={"User-Agent": WINDOWS})
    session.rollback()
    link = session.query(SignInLink).order_by(SignInLink.id.desc()).first()
    number = re.search(r'sign-in-number"[^>]*>(\d{3})<', browser.get("/sign-in/code").text).group(1)
    return f"/sign-in/link/{signed_links.link_token(link)}", number


def text_of(html: str) -> str:
    return " ".join(BeautifulSoup(html, "html.parser").get_text(" ").split())


def other(number: str) -> str:
    return f"{(int(number) + 1) % 1000:03}"


def test_a_tap_and_the_number_sign_in_the_original_tab(browser, new_browser, asked, session):
    path, number = asked
    phone = new_browser()
    page = phone.get(path).text
    assert "Firefox on Windows" in page and "The same as yours" in page
    assert number not in re.findall(r"\d+", text_of(page).replace("127.0.0.0/24", ""))  # 422 is in HTMX's settings
    assert browser.get("/sign-in/approval").status_code == 204
    arabic = number.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))  # as the telephone's keyboard writes it
    approved = phone.post(f"{path}/approval", {"number": f" {arabic} "}, page=path)
    assert approved.status_code == 200 and "Approved" in approved.text
    assert phone.who() is None, "only the browser that asked is signed in"
    waiting = browser.get("/sign-in/approval")
    assert waiting.status_code == 200 and 'hx-post="/sign-in/approval"' in waiting.text
    landed = browser.post("/sign-in/approval", headers={"HX-Request": "true"}, page="/sign-in/code")
    assert landed.status_code == 204 and landed.headers["HX-Redirect"] == "/account"
    assert browser.who() == "dana@globex.example"
    assert browser.get("/sign-in/approval").status_code in (204, 303)
    assert phone.get(path).status_code == 410


def test_the_page_says_where_as_far_as_it_is_known(browser, new_browser, asked, session):
    path, _ = asked
    away = new_browser()
    page = text_of(away.get(path, environ_base={"REMOTE_ADDR": "203.0.113.9"}).text)
    assert "Time zone Berlin" in page and "what that device says about itself" in page
    assert "Network 127.0.0.0/24" in page and "The same as yours" not in page
    proxied = text_of(new_browser().get(path, headers={"X-Forwarded-For": "203.0.113.9"}).text)
    assert "Network" not in proxied, "all share the address of a proxy that is not trusted"
    assert "برلين" in new_browser().get(path, headers={"Accept-Language": "ar"}).text
    for unknown in ("", "Atlantis/Poseidonis", "x" * 3000):
        browser.post("/sign-in/link", {"email": "dana@globex.example", "time_zone": unknown})
        session.rollback()
        link = session.query(SignInLink).order_by(SignInLink.id.desc()).first()
        page = text_of(new_browser().get(f"/sign-in/link/{signed_links.link_token(link)}").text)
        assert link.time_zone == "" and "Time zone" not in page


def test_without_scripts_a_button_goes_on(browser, new_browser, asked):
    path, number = asked
    early = browser.post("/sign-in/approval", page="/sign-in/code")
    assert early.status_code == 422 and "not approved yet" in early.text
    assert new_browser().post(f"{path}/approval", {"number": number}, page=path).status_code == 200
    landed = browser.post("/sign-in/approval", page="/sign-in/code")
    assert landed.status_code == 303 and landed.headers["Location"] == "/account"


def test_whoever_asks_in_the_name_of_another_is_not_signed_in_by_a_tap(browser, new_browser, asked, session):
    path, number = asked  # asked by the attacker; the victim has the mail and sees no number
    victim = new_browser()
    for typed in ("", "   ", "yes"):
        answer = victim.post(f"{path}/approval", {"number": typed}, page=path)
        assert answer.status_code == 422
    for _ in range(approvals.MAX_ATTEMPTS):
        assert victim.post(f"{path}/approval", {"number": other(number)}, page=path).status_code == 422
    late = victim.post(f"{path}/approval", {"number": number}, page=path)
    assert late.status_code == 422, "the attempts are used up, also for the right number"
    assert browser.post("/sign-in/approval", page="/sign-in/code").status_code == 422
    assert browser.who() is None and session.query(Session).count() == 0


def test_a_scanner_that_opens_and_presses_everything_approves_nothing(browser, new_browser, asked, session):
    path, number = asked
    scanner = new_browser()
    for _ in range(4):
        assert scanner.client.head(path).status_code == scanner.get(path).status_code == 200
        scanner.get("/sign-in/approval")
        scanner.post(f"{path}/approval", page=path)
        scanner.post("/sign-in/approval")
    session.rollback()
    assert session.query(Session).count() == 0 and session.query(SignInLink).one().approved_at is None
    assert new_browser().post(f"{path}/approval", {"number": number}, page=path).status_code == 200, "still works"


def test_an_approved_link_is_of_use_to_the_asking_browser_alone_and_once(browser, new_browser, asked, session):
    path, number = asked
    phone = new_browser()
    phone.post(f"{path}/approval", {"number": number}, page=path)
    assert phone.post("/sign-in/approval").status_code == 422
    assert phone.post(path, page=path).status_code == 403
    assert browser.post("/sign-in/approval", page="/sign-in/code").status_code == 303
    assert browser.post("/sign-in/approval", page="/account").status_code == 422
    assert session.query(Session).count() == 1


def test_an_older_link_an_invitation_and_a_refused_address_approve_nothing(browser, new_browser, asked, session):
    old_path, old_number = asked
    browser.post("/sign-in/link", {"email": "dana@globex.example"})
    assert new_browser().post(f"{old_path}/approval", {"number": old_number}).status_code == 410
    invitation = magic_links.create_link("dana@globex.example", magic_links.INVITATION, magic_links.LINK_TTL)
    session.commit()
    path = f"/sign-in/link/{signed_links.link_token(invitation)}"
    answer = new_browser().post(f"{path}/approval", {"number": signed_links.link_number(invitation)}, page=path)
    assert answer.status_code == 410
    outsider = new_browser()
    outsider.post("/sign-in/link", {"email": "x@nowhere.example"})
    assert "sign-in-number" in outsider.get("/sign-in/code").text, "the page is the same for every address"
    session.rollback()
    refused = session.query(SignInLink).filter_by(email="x@nowhere.example").one()
    path = f"/sign-in/link/{signed_links.link_token(refused)}"
    answer = new_browser().post(f"{path}/approval", {"number": signed_links.link_number(refused)})
    assert answer.status_code == 410 and outsider.who() is None
