"""The page of mail that waits for the team."""

import pytest
from bs4 import BeautifulSoup

from helpdesk.domain import inbox
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from tests import worker_helpers

HOSTILE = (
    b'From: "<script>alert(1)</script>" <eve@evil.example>\r\nTo: help@support.example\r\n'
    b"Subject: </title><img src=x onerror=alert(1)>\r\nMessage-ID: <1@evil.example>\r\n\r\n"
    b"<b>bold</b> <script>alert(2)</script>\r\n"
)
VACATION = (
    b"From: dana@globex.example\r\nAuto-Submitted: auto-replied\r\n"
    b"Subject: Away\r\nMessage-ID: <2@x>\r\n\r\nI am away.\r\n"
)
HONEST = b"From: Dana <dana@globex.example>\r\nSubject: Toner\r\nMessage-ID: <3@x>\r\n\r\nThe toner is empty.\r\n"


@pytest.fixture
def receive(session):
    def receive(raw):
        inbox.store_event("email", str(hash(raw)), {}, raw=raw)
        session.commit()
        worker_helpers.drain(session)
        return session.query(InboundEvent).order_by(InboundEvent.id.desc()).first()

    return receive


@pytest.fixture
def settings():
    return {"INBOUND_AUTHSERV_ID": "mx.example"}


@pytest.fixture
def globex(make):
    return make.organization("Globex", domain="globex.example")


@pytest.fixture
def dana(make, globex):
    return make.user(globex, "Dana", email="dana@globex.example")


@pytest.fixture
def post(browser_of, make):
    """``post(path, **fields)`` as an agent, with the page's own CSRF token."""
    browser = browser_of(make.agent("Maya"))

    def post(path, **fields):
        page = BeautifulSoup(browser.get("/desk/quarantine").text, "html.parser")
        token = page.find("meta", {"name": "csrf-token"})["content"]
        return browser.post(path, data={"csrf_token": token, **fields})

    post.browser = browser
    return post


def test_a_hostile_mail_is_shown_as_text(receive, post):
    mail = receive(HOSTILE)
    for path in ("/desk/quarantine", f"/desk/quarantine/{mail.id}"):
        page = post.browser.get(path)
        assert page.status_code == 200
        soup = BeautifulSoup(page.text, "html.parser")
        assert [script for script in soup.find_all("script") if not script.get("src")] == []
        assert soup.find("img", {"src": "x"}) is None
        assert [name for tag in soup.find_all() for name in tag.attrs if name.startswith("on")] == []
        assert len(soup.find_all("h1")) == 1
    assert "<script>alert(2)</script>" in soup.get_text()


def test_the_raw_mail_is_downloaded_byte_for_byte_and_never_shown(receive, post):
    mail = receive(HOSTILE)
    answer = post.browser.get(f"/desk/quarantine/{mail.id}/raw")
    assert answer.data == HOSTILE
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_machines_have_a_list_of_their_own_and_leave_it_at_once(receive, post, session):
    receive(HONEST)
    receive(VACATION)
    people, machines = (post.browser.get("/desk/quarantine" + query).text for query in ("", "?from=machines"))
    assert "Toner" in people and "Away" not in people
    assert "Away" in machines and "Toner" not in machines
    newest = session.query(InboundEvent).order_by(InboundEvent.id.desc()).first().id
    assert post("/desk/quarantine/machines/delete", newest=newest).status_code == 303
    assert "Away" not in post.browser.get("/desk/quarantine?from=machines").text
    assert "Toner" in post.browser.get("/desk/quarantine").text


def test_a_mail_is_put_on_a_ticket_as_a_note(receive, post, make, dana, session):
    ticket = make.ticket(dana)
    mail = receive(HOSTILE)
    answer = post(f"/desk/quarantine/{mail.id}/attachment", ticket=f"#{ticket.number}", **{"as": "note"})
    assert answer.status_code == 303
    message = session.query(Message).order_by(Message.id.desc()).first()
    assert (message.kind, message.author.name) == ("note", "Maya")
    assert "<script>" not in message.html and "alert(2)" in message.html
    session.refresh(mail)
    assert (mail.state, mail.ticket_id) == ("done", ticket.id)
    assert post.browser.get(f"/desk/quarantine/{mail.id}").status_code == 404


def test_a_mail_becomes_its_senders_reply_only_where_they_may_reply(receive, post, make, dana, session):
    ticket, foreign = make.ticket(dana), make.ticket()
    mail = receive(HONEST)
    refused = post(f"/desk/quarantine/{mail.id}/attachment", ticket=foreign.number, **{"as": "reply"})
    assert refused.status_code == 422 and "Its sender may not reply on this ticket" in refused.text
    assert post(f"/desk/quarantine/{mail.id}/attachment", ticket=ticket.number, **{"as": "reply"}).status_code == 303
    message = session.query(Message).order_by(Message.id.desc()).first()
    assert (message.kind, message.author_id, message.body) == ("reply", dana.id, "The toner is empty.")


def test_a_ticket_is_made_for_a_customer_and_for_nobody_else(receive, post, make, dana, session):
    mail = receive(HONEST)
    rejected = post(f"/desk/quarantine/{mail.id}/ticket", requester="eve@evil.example", subject="Mine")
    assert rejected.status_code == 422 and 'value="Mine"' in rejected.text and "No organization" in rejected.text
    answer = post(f"/desk/quarantine/{mail.id}/ticket", requester="Dana@Globex.example", subject="")
    ticket = session.query(Ticket).one()
    assert answer.headers["Location"] == f"/tickets/{ticket.number}"
    assert (ticket.subject, ticket.requester_id, ticket.messages[0].body) == ("Toner", dana.id, "The toner is empty.")


def test_a_wrong_number_is_said_beside_the_field(receive, post):
    mail = receive(HONEST)
    for given in ("", "999999", "abc", "9" * 30):
        answer = post(f"/desk/quarantine/{mail.id}/attachment", ticket=given, **{"as": "note"})
        assert answer.status_code == 422
        assert BeautifulSoup(answer.text, "html.parser").find(id="field-ticket-error") is not None


def test_of_two_people_only_one_deals_with_a_mail(receive, post, session):
    mail = receive(HONEST)
    assert post(f"/desk/quarantine/{mail.id}/delete").status_code == 303
    assert post(f"/desk/quarantine/{mail.id}/delete").status_code == 404
    session.refresh(mail)
    assert mail.state == "ignored" and "Discarded by Maya" in mail.result and mail.raw is None


def test_customers_do_not_learn_that_there_is_such_a_page(receive, browser_of, dana):
    mail = receive(HONEST)
    browser = browser_of(dana)
    assert {browser.get(path).status_code for path in ("/desk/quarantine", f"/desk/quarantine/{mail.id}")} == {404}


def test_the_desk_says_how_many_wait(receive, browser_of, make):
    client = browser_of(make.agent())

    def link():
        return BeautifulSoup(client.get("/desk").text, "html.parser").select_one('#views a[href="/desk/quarantine"]')

    assert not link().select(".count")
    receive(HONEST)
    receive(HOSTILE)
    receive(VACATION)
    assert link().select_one(".count").text == "2", "a machine's mail calls nobody"
    assert "Unmatched email" in client.get("/desk/views").text
