"""A form whose page cannot be shown again: the page that comes instead has what was written."""

import pytest

from helpdesk.domain import tickets
from helpdesk.domain.tickets import canned_replies
from tests.web.pages import parse_page

FROM_OUR_PAGE = {"Sec-Fetch-Site": "same-origin"}
WORDS = "An hour of work & <more>"


def written(page):
    return [field.text for field in page.select("main textarea[readonly]")]


@pytest.fixture
def dana(make):
    return make.user(make.organization("Globex"), "Dana Fields")


def test_an_edit_of_a_message_that_is_deleted_meanwhile(make, dana, session, browser_of):
    ticket, client = make.ticket(dana), browser_of(dana)
    message = tickets.reply(ticket, author=dana, body="First words.")
    session.commit()
    path = f"/tickets/{ticket.number}/messages/{message.id}"
    form = {
        field["name"]: field["value"]
        for field in parse_page(client.get(f"{path}/edit")).select("form [name=csrf_token]")
    }
    tickets.delete_message(message, editor=dana)
    session.commit()
    page = parse_page(client.post(path, data=form | {"body": WORDS}, headers=FROM_OUR_PAGE), 409)
    assert "deleted meanwhile" in page.select_one(".lead").text and written(page) == [WORDS]
    assert client.get(f"{path}/edit").status_code == 404


@pytest.mark.parametrize(
    ("headers", "shown"), [(FROM_OUR_PAGE, [WORDS]), ({"Sec-Fetch-Site": "cross-site"}, []), ({}, [])]
)
def test_a_form_whose_session_has_ended(headers, shown, browser_of):
    """What another site sends is not repeated: nobody else puts words on a page of ours."""
    form = {"body": WORDS, "password": "secret", "csrf_token": "old"}
    page = parse_page(browser_of().post("/settings/replies", data=form, headers=headers), 400)
    assert written(page) == shown and "secret" not in page.text


def test_a_form_for_what_is_gone(make, session, browser_of):
    lead = make.agent(role="lead")
    reply = canned_replies.save_reply(None, title="Hello", body="Hello!", actor=lead, shared=True)
    session.commit()
    client, number = browser_of(lead), reply.id
    token = parse_page(client.get("/settings/replies")).find("meta", {"name": "csrf-token"})["content"]
    canned_replies.delete_reply(reply, actor=lead)
    session.commit()
    form = {"title": "Hello", "body": WORDS, "csrf_token": token}
    assert written(parse_page(client.post(f"/settings/replies/{number}", data=form, headers=FROM_OUR_PAGE), 404)) == [
        WORDS
    ]
