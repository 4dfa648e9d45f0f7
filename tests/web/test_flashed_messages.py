"""What waits in a browser's cookie for the next page, when that page does not come for long."""

import secrets

import pytest
from bs4 import BeautifulSoup

MAX_COOKIE_BYTES = 4_096


@pytest.fixture
def form(make):
    return make.form("default").form


@pytest.fixture
def client(make, browser_of):
    return browser_of(make.user(make.organization("Globex"), "Dana Kim"))


@pytest.fixture
def file_ticket(client, form):
    """File a ticket without opening the page that follows; gives the bytes of the largest cookie set."""
    form = BeautifulSoup(client.get("/tickets/new").text, "html.parser").select_one("#ticket-form")
    hidden = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}

    def file() -> int:
        answer = client.post(
            "/tickets",
            data=hidden | {"form_token": secrets.token_hex(16), "subject": "It broke", "body": "Yesterday."},
        )
        assert answer.status_code == 303
        return max(len(cookie) for cookie in answer.headers.getlist("Set-Cookie"))

    return file


def read_messages(client) -> str:
    """The messages of the next page; they are shown once."""
    page = BeautifulSoup(client.get("/tickets").text, "html.parser")
    assert page.select_one("main")
    return " ".join(each.text for each in page.select("[role=status], [role=alert], .notice"))


def test_many_tickets_filed_without_a_look_leave_the_newest_messages(file_ticket, client):
    for _ in range(40):
        file_ticket()
    shown = read_messages(client)
    assert "Ticket #40 is filed" in shown and "Ticket #39 is filed" in shown
    assert "Ticket #1 is filed" not in shown, "the oldest are forgotten"
    assert "is filed" not in read_messages(client)


def test_long_words_of_a_form_do_not_push_the_newest_message_out(session, form, file_ticket, client):
    for _ in range(4):
        form.confirmation = "".join(chr(0x4E00 + secrets.randbelow(20_000)) for _ in range(499))
        session.commit()
        assert file_ticket() <= MAX_COOKIE_BYTES
    assert form.confirmation in read_messages(client), "the newest message is kept"
