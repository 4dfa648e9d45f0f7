"""What the composer of a closed ticket offers: a follow-up, or the ticket that it was merged into."""

import re
from io import BytesIO

import pytest

from helpdesk.domain import tickets
from helpdesk.domain.tickets import merging
from tests.web.pages import parse_page
from tests.web.test_new_ticket import PNG


@pytest.fixture
def dana(make):
    return make.user(make.organization("Globex"), "Dana Kim")


@pytest.fixture
def client(dana, browser_of):
    return browser_of(dana)


def test_what_is_written_on_a_merged_ticket_is_added_to_the_other_and_said_so(session, make, client, dana):
    source, target = make.ticket(dana), make.ticket(dana)
    merging.merge_tickets(source, target, actor=make.agent())
    session.commit()
    page = parse_page(client.get(f"/tickets/{source.number}"))
    composer = page.select_one("#composer").text
    assert f"What you write here is added to #{target.number}." in composer and "Send reply" in composer
    assert "new ticket" not in composer and "follow" not in page.select_one("#ticket-header").text.lower()
    hidden = {field["name"]: field["value"] for field in page.select("#composer .composer-reply input[type=hidden]")}
    answer = client.post(f"/tickets/{source.number}/replies", data=hidden | {"body": "It is back"})
    assert answer.location == f"/tickets/{target.number}"
    tickets.solve(target, actor=dana)
    tickets.close(target)
    session.commit()
    assert "Send as a new ticket" in client.get(f"/tickets/{source.number}").get_data(as_text=True)


def test_a_closed_ticket_offers_a_follow_up_that_is_linked(session, make, client, dana):
    ticket = make.ticket(dana)
    tickets.solve(ticket, actor=dana)
    tickets.close(ticket)
    session.commit()
    page = parse_page(client.get(f"/tickets/{ticket.number}"))
    assert "Send as a new ticket" in page.select_one("#composer").text
    hidden = {field["name"]: field["value"] for field in page.select("#composer .composer-reply input[type=hidden]")}
    data = hidden | {"body": "It is back", "files": (BytesIO(PNG), "p.png")}
    first = client.post(f"/tickets/{ticket.number}/replies", data=data)
    assert first.status_code == 303
    number = int(re.search(r"\d+$", first.location).group())
    assert number != ticket.number
    assert (
        client.post(f"/tickets/{ticket.number}/replies", data=data | {"files": (BytesIO(PNG), "p.png")}).location
        == first.location
    )
    assert f"/tickets/{ticket.number}" in str(parse_page(client.get(first.location)).select_one("#ticket-header"))
    assert str(number) in parse_page(client.get(f"/tickets/{ticket.number}")).select_one("#conversation").text
