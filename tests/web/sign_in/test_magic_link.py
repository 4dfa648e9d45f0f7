"""A link by mail as a person and as a scanner use it; somebody not signed in learns nothing from it."""

import re
import time

import pytest

from helpdesk.models.session import Session
from helpdesk.models.sign_in_link import SignInLink
from helpdesk.models.user import User


@pytest.fixture(autouse=True)
def globex(make):
    return make.organization("Globex", domain="globex.example")


def path_in(mail):
    return re.search(r"http://localhost(/sign-in/link/[\w-]+)", mail.text).group(1)


def test_the_whole_way(browser, box, post_office, session):
    page = browser.get("/tickets/new")
    assert page.status_code == 302 and page.headers["Location"] == "/sign-in?next=%2Ftickets%2Fnew"
    sent = browser.post("/sign-in/link", {"email": " Dana@Globex.example ", "next": "/tickets/new"})
    assert sent.status_code == 303 and sent.headers["Location"] == "/sign-in/code"
    assert "dana@globex.example" in browser.get("/sign-in/code").text
    post_office()
    path = path_in(box.wait_for("dana@globex.example"))
    look = browser.get(path)
    assert look.status_code == 200 and "d***@globex.example" in look.text and "dana@" not in look.text
    assert look.headers["Referrer-Policy"] == "no-referrer" and look.headers["Cache-Control"] == "no-store"
    landed = browser.post(path, page=path)
    assert landed.status_code == 303 and landed.headers["Location"] == "/tickets/new"
    assert browser.who() == "dana@globex.example"
    again = browser.get(path)
    assert again.status_code == 410 and "has ended" in again.text


def test_a_scanner_that_opens_everything_twice_and_presses_every_button_gets_nothing(
    browser, new_browser, box, post_office, session
):
    browser.post("/sign-in/link", {"email": "dana@globex.example"})
    post_office()
    path = path_in(box.wait_for("dana@globex.example"))
    scanner = new_browser()
    for _ in range(2):
        assert scanner.client.head(path).status_code == 200
        assert "another browser" in scanner.get(path).text
        assert scanner.post(path, page=path).status_code == 403
        assert scanner.post(path, page="/sign-in").status_code == 403
    assert scanner.who() is None and session.query(Session).count() == 0
    assert browser.post(path, page=path).status_code == 303, "the person still gets in"


def test_the_phone_reads_the_mail_and_the_code_is_typed_on_the_computer(browser, new_browser, box, post_office):
    browser.post("/sign-in/link", {"email": "dana@globex.example", "next": "/account"})
    post_office()
    mail = box.wait_for("dana@globex.example")
    phone = new_browser().get(path_in(mail)).text
    assert "type the code from the same mail" in phone and mail.code not in phone
    wrong = browser.post("/sign-in/code", {"code": "00000000"}, page="/sign-in/code")
    assert wrong.status_code == 422 and "wrong or has expired" in wrong.text and browser.who() is None
    landed = browser.post("/sign-in/code", {"code": mail.code}, page="/sign-in/code")
    assert landed.status_code == 303 and landed.headers["Location"] == "/account"
    assert browser.who() == "dana@globex.example"


def test_the_answer_is_the_same_for_everybody(new_browser, make, session):
    make.user(session.query(User).first() or make.organization("Other"), email="gone@globex.example")
    session.query(User).filter_by(email="gone@globex.example").one().deactivated_at = (
        session.query(User).first().created_at
    )
    make.agent(email="maya@support.example")
    session.commit()
    answers = set()
    for email in ("dana@globex.example", "gone@globex.example", "maya@support.example", "x@nowhere.example"):
        browser = new_browser()
        answer = browser.post("/sign-in/link", {"email": email})
        page = browser.get("/sign-in/code")
        names = sorted(h for h, _ in answer.headers)
        shown = re.sub(r"csrf[^>]+>", "", page.text.replace(email, "WHO"))
        shown, numbers = re.subn(r'(class="sign-in-number"[^>]*>)\d{3}<', r"\1NUMBER<", shown)
        assert numbers == 1, "everybody gets a number to approve it by"
        answers.add((answer.status_code, answer.headers["Location"], tuple(names), shown, page.status_code))
    assert len(answers) == 1
    limited = new_browser()
    for _ in range(7):
        answer = limited.post("/sign-in/link", {"email": "dana@globex.example"})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in/code")
    assert {row.refused for row in session.query(SignInLink)} == {None, "deactivated", "unknown", "limited"}


def test_it_takes_as_long_for_an_address_nobody_knows(new_browser):
    """Interleaved, in processor time of the thread, of which a busy machine adds little to the lower quartile.

    The difference left must be far below what a network hides.
    """
    took = {"known": [], "unknown": []}
    browser = new_browser()
    token = token_of(browser)
    for number in range(12):
        for kind, email in (("known", f"p{number}@globex.example"), ("unknown", f"p{number}@nowhere.example")):
            started = time.thread_time()
            browser.client.post("/sign-in/link", data={"email": email, "csrf_token": token})
            took[kind].append(time.thread_time() - started)
            token = token_of(browser)
    known, unknown = (sorted(times)[len(times) // 4] for times in took.values())
    assert abs(known - unknown) < max(0.02, 0.5 * max(known, unknown)), took


def token_of(browser):
    from tests.web.sign_in.conftest import csrf

    return csrf(browser.get("/sign-in"))


ZOO = [
    "a@evil.test,dana@globex.example",
    "<a@evil.test>dana@globex.example",
    "a@evil.test;dana@globex.example",
    "a@evil.test dana@globex.example",
    "dana@globex.example\r\nBcc: a@evil.test",
    "dana@globex.example\n",
    '"a@evil.test"@globex.example',
    "a@evil.test@globex.example",
    "dana@sub.globex.example",
    "dana@globex.example.",
    "dana@globex.example.evil.test",
    "dana@globe\u0445.example",
    "dаna@globex.example",
    "dana@globex\u3002example",
    "dana@[127.0.0.1]",
    "dana@globex.example\x00@evil.test",
    "dana%evil.test@globex.example",
    "dana@globex.example (a@evil.test)",
    "=?utf-8?q?a=40evil.test?=@globex.example",
    "",
    "@globex.example",
    "x" * 300 + "@globex.example",
]


@pytest.mark.parametrize("text", ZOO)
def test_the_address_zoo_leaves_the_mail_server_empty(browser, box, post_office, session, text):
    answer = browser.post("/sign-in/link", {"email": text})
    post_office()
    to_others = [mail for mail in box.mails if mail.recipients != ["dana@globex.example"]]
    assert answer.status_code in (303, 422) and to_others == []
    if answer.status_code == 422:
        assert session.query(SignInLink).count() == 0
        assert box.mails == []


def test_what_was_typed_stays_and_the_reason_stands_beside_it(browser):
    answer = browser.post("/sign-in/link", {"email": "dana at globex", "next": "/account"})
    assert answer.status_code == 422 and 'value="dana at globex"' in answer.text and "field-error" in answer.text
    assert 'name="next" value="/account"' in answer.text


def test_an_expired_link_offers_another_with_one_click(browser, box, post_office, session):
    browser.post("/sign-in/link", {"email": "dana@globex.example"})
    post_office()
    path = path_in(box.wait_for("dana@globex.example"))
    link = session.query(SignInLink).one()
    link.expires_at = link.created_at
    session.commit()
    page = browser.get(path)
    assert page.status_code == 410 and "Send me a new link" in page.text and "dana@" not in page.text
    token = re.search(r'name="again" value="([^"]+)"', page.text).group(1)
    assert browser.post("/sign-in/link", {"again": token}, page=path).status_code == 303
    post_office()
    assert path_in(box.wait_for("dana@globex.example", count=2)) != path


def test_an_invitation_brings_somebody_into_the_team_from_any_browser(new_browser, session):
    from helpdesk.domain.authentication import invitations, signed_links

    _, link = invitations.invite_agent("maya@support.example", "Maya", "admin")
    session.commit()
    path = f"/sign-in/link/{signed_links.link_token(link)}"
    maya = new_browser()
    assert "Join the team" in maya.get(path).text
    landed = maya.post(path, page=path)
    assert landed.headers["Location"] == "/settings/setup" and maya.who() == "maya@support.example"
    assert new_browser().get(path).status_code == 410
    assert "new link" not in new_browser().get(path).text, "an invitation is not renewed by whoever finds it"


def test_a_mailed_invitation_is_confirmed_by_a_code_so_that_a_scanner_joins_nothing(
    browser, new_browser, box, post_office, make, session
):
    from helpdesk.domain.authentication import invitations

    invitations.invite_agent("maya@support.example", "Maya", "admin", actor=make.agent("Ada", role="admin"))
    session.commit()
    post_office()
    path = path_in(box.wait_for("maya@support.example"))
    scanner = new_browser()
    for _ in range(2):
        assert scanner.get(path).status_code == 200
        assert scanner.post(path, page=path).headers["Location"] == "/sign-in/code"
    assert scanner.who() is None and session.query(Session).count() == 0
    assert session.query(User).filter_by(email="maya@support.example").one().email_verified_at is None
    page = browser.get(path)
    assert "Join the team" in page.text and "Send me the code" in page.text
    assert browser.post(path, page=path).headers["Location"] == "/sign-in/code"
    session.rollback()
    post_office()
    code = box.wait_for("maya@support.example", count=3).code
    landed = browser.post("/sign-in/code", {"code": code}, page="/sign-in/code")
    assert landed.headers["Location"] == "/settings/setup" and browser.who() == "maya@support.example"
    assert new_browser().get(path).status_code == 410


def test_the_link_of_the_mail_about_many_requests_stops_them_by_a_button(
    browser, new_browser, box, post_office, session
):
    attacker = new_browser()
    for _ in range(8):
        attacker.post("/sign-in/link", {"email": "dana@globex.example"})
    post_office()
    mails = box.list_for("dana@globex.example")
    paths = [path for mail in mails for path in re.findall(r"http://localhost(/sign-in/pause/[\w-]+)", mail.text)]
    assert len(mails) == 2 and len(paths) == 1, "the open link, and one mail about the requests"
    assert "d***@globex.example" in browser.get(paths[0]).text
    assert session.query(SignInLink).filter_by(purpose="pause").one().used_at is None
    assert "are stopped" in browser.post(paths[0], page=paths[0]).text
    assert "are stopped" in browser.get(paths[0]).text
    for wrong in ("/sign-in/pause/x", "/sign-in/pause/" + "y" * 43):
        assert browser.get(wrong).status_code == 410
        assert browser.post(wrong).status_code == 410
    later_mails = len(box.list_for("dana@globex.example"))
    new_browser().post("/sign-in/link", {"email": "dana@globex.example"})
    post_office()
    assert len(box.list_for("dana@globex.example")) == later_mails


def test_a_browser_that_has_signed_in_gets_a_link_while_others_flood(browser, new_browser, box, post_office, session):
    browser.post("/sign-in/link", {"email": "dana@globex.example"})
    post_office()
    path = path_in(box.wait_for("dana@globex.example"))
    browser.post(path, page=path)
    assert browser.client.get_cookie("known").http_only
    browser.post("/sign-out", page="/account")
    session.query(Session).update({"ip_prefix": "203.0.113.0/24"})
    session.commit()
    attacker = new_browser()
    for _ in range(9):
        attacker.post("/sign-in/link", {"email": "dana@globex.example"})
    assert session.query(SignInLink).order_by(SignInLink.id.desc()).first().refused == "limited"
    browser.post("/sign-in/link", {"email": "dana@globex.example"})
    newest = session.query(SignInLink).order_by(SignInLink.id.desc()).first()
    assert (newest.refused, newest.trust) == (None, "browser")


def test_somebody_of_two_organizations_chooses_and_switches(browser, box, post_office, make, session):
    from helpdesk.models.organization import OrganizationAddress

    other = make.organization("Initech", domain="initech.example")
    session.add(OrganizationAddress(organization_id=other.id, email="dana@globex.example"))
    session.commit()
    other_id = other.id
    browser.post("/sign-in/link", {"email": "dana@globex.example", "next": "/tickets/new"})
    post_office()
    path = path_in(box.wait_for("dana@globex.example"))
    landed = browser.post(path, page=path)
    assert landed.headers["Location"] == "/account/organization?next=%2Ftickets%2Fnew"
    page = browser.get(landed.headers["Location"])
    assert "Globex" in page.text and "Initech" in page.text
    before = session.query(Session).filter_by(revoked_at=None).one().token_hash
    chosen = browser.post(
        "/account/organization", {"organization": other_id, "next": "/tickets/new"}, page="/account/organization"
    )
    session.rollback()
    assert chosen.headers["Location"] == "/tickets/new"
    assert session.query(User).one().organization_id == other_id
    assert session.query(Session).filter_by(revoked_at=None).one().token_hash != before, "a new session for new rights"
    third = make.organization("Umbra", domain="umbra.example")
    assert browser.post("/account/organization", {"organization": third.id}, page="/account").status_code == 403
