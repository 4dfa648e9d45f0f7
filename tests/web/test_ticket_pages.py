"""A ticket's page and its fragments, as parsed HTML."""

import pytest
from sqlalchemy import select

from helpdesk.domain import tickets
from helpdesk.models.message import Message
from tests.web import pages
from tests.web.pages import parse_page


@pytest.fixture
def filed_ticket(make):
    make.channel("C0TRIAGE")
    globex = make.organization("Globex", slack="C0GLOBEX")
    return make.ticket(make.user(globex, "Dana Fields"), subject="The printer is on fire")


def token(page):
    return page.find("meta", {"name": "csrf-token"})["content"]


def test_the_page_says_what_it_is(filed_ticket, browser_of):
    page = parse_page(browser_of(filed_ticket.requester).get(f"/tickets/{filed_ticket.number}"))
    ticket = page.select_one("#ticket")
    assert (ticket["data-number"], ticket["data-status"]) == (str(filed_ticket.number), "open")
    assert page.h1.get_text(strip=True).startswith("The printer is on fire")
    assert len(page.select("h1")) == 1


def test_a_reply_is_swapped_in_and_the_composer_comes_back_empty(filed_ticket, browser_of):
    client = browser_of(filed_ticket.requester)
    page = parse_page(client.get(f"/tickets/{filed_ticket.number}"))
    answer = parse_page(
        client.post(
            f"/tickets/{filed_ticket.number}/replies",
            data={"body": "Any *news*?", "form_token": page.select_one("#composer [name=form_token]")["value"]},
            headers={"X-CSRFToken": token(page), "HX-Request": "true"},
        )
    )
    assert answer.select_one("#conversation")["hx-swap-oob"] == "true"
    assert answer.select("article[data-kind=reply] em")[-1].text == "news"
    assert answer.select_one("#composer textarea").text.strip() == ""


def test_the_same_words_twice_are_one_reply_and_other_words_another(filed_ticket, make, browser_of, session):
    for person, extra in ((filed_ticket.requester, {}), (make.agent("Maya"), {"status": "pending"})):
        client = browser_of(person)
        page = parse_page(client.get(f"/tickets/{filed_ticket.number}"))
        form = {
            "form_token": page.select_one("#composer [name=form_token]")["value"],
            "csrf_token": token(page),
        }
        name = person.name
        for body, more in ((name, {}), (name, extra), (f"{name} went back", {}), (f"{name} went back", extra)):
            answer = client.post(f"/tickets/{filed_ticket.number}/replies", data=form | {"body": body} | more)
            assert answer.status_code == 303
    said = session.scalars(select(Message.body).where(Message.ticket_id == filed_ticket.id).order_by(Message.id)).all()
    dana = filed_ticket.requester.name
    assert said[1:] == [dana, f"{dana} went back", "Maya", "Maya went back"]


def test_a_reply_brings_the_rest_of_the_page_only_where_it_moved_the_ticket(filed_ticket, make, browser_of):
    agent = make.agent("Maya")
    client = browser_of(agent)
    page = parse_page(client.get(f"/tickets/{filed_ticket.number}"))
    headers = {"X-CSRFToken": token(page), "HX-Request": "true"}
    first, second = (
        parse_page(client.post(f"/tickets/{filed_ticket.number}/replies", data={"body": body}, headers=headers))
        for body in ("One.", "Two.")
    )
    assert first.select_one("#ticket-header")["data-status"] == "in_progress"
    assert first.select_one("#facts") and first.select_one("#rating")
    assert [part["id"] for part in second.find_all(recursive=False)] == ["composer", "conversation"]
    assert second.select("article[data-kind=reply] p")[-1].text == "Two."


def test_without_javascript_the_same_form_redirects(filed_ticket, browser_of):
    client = browser_of(filed_ticket.requester)
    page = parse_page(client.get(f"/tickets/{filed_ticket.number}"))
    answer = client.post(f"/tickets/{filed_ticket.number}/replies", data={"body": "Plain.", "csrf_token": token(page)})
    assert (answer.status_code, answer.location) == (303, f"/tickets/{filed_ticket.number}")


def test_a_refused_reply_keeps_every_word(filed_ticket, browser_of):
    client = browser_of(filed_ticket.requester)
    page = parse_page(client.get(f"/tickets/{filed_ticket.number}"))
    long = "word " * 9000
    answer = parse_page(
        client.post(f"/tickets/{filed_ticket.number}/replies", data={"body": long, "csrf_token": token(page)}),
        status=422,
    )
    assert answer.select_one("#composer textarea").text.strip() == long.strip()
    assert "at most" in answer.get_text()


def test_a_note_is_not_on_the_customers_page_nor_in_any_fragment(filed_ticket, browser_of, make, session):
    tickets.add_note(filed_ticket, author=make.agent("Maya"), body="secretword")
    session.commit()
    client = browser_of(filed_ticket.requester)
    for part in ("", "/conversation", "/facts", "/header"):
        assert "secretword" not in client.get(f"/tickets/{filed_ticket.number}{part}").get_data(as_text=True)


def test_a_foreign_ticket_is_missing_byte_for_byte(filed_ticket, browser_of, make):
    client = browser_of(make.user(make.organization("Initech")))
    for part in ("", "/conversation", "/facts", "/header", "/live"):
        foreign, missing = client.get(f"/tickets/{filed_ticket.number}{part}"), client.get(f"/tickets/999999{part}")
        assert foreign.status_code == missing.status_code == 404
        assert pages.without_tokens(foreign) == pages.without_tokens(missing)


def test_an_unchanged_fragment_is_not_sent_again(filed_ticket, browser_of):
    client = browser_of(filed_ticket.requester)
    client.get(f"/tickets/{filed_ticket.number}")  # which is remembered as reading it
    first = client.get(f"/tickets/{filed_ticket.number}/conversation")
    again = client.get(f"/tickets/{filed_ticket.number}/conversation", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_every_answer_carries_the_policy(filed_ticket, browser_of):
    client = browser_of(filed_ticket.requester)
    for address in (
        f"/tickets/{filed_ticket.number}",
        "/tickets/999999",
        f"/tickets/{filed_ticket.number}/facts",
        "/static/css/app.css",
    ):
        assert "default-src 'none'" in client.get(address).headers["Content-Security-Policy"]


def test_agents_set_status_and_assignee_on_the_same_page(filed_ticket, browser_of, make, session):
    agent = make.agent("Maya")
    client = browser_of(agent)
    page = parse_page(client.get(f"/tickets/{filed_ticket.number}"))
    client.post(f"/tickets/{filed_ticket.number}/assignee", data={"assignee": agent.id, "csrf_token": token(page)})
    client.post(f"/tickets/{filed_ticket.number}/status", data={"status": "pending", "csrf_token": token(page)})
    session.expire_all()
    assert (filed_ticket.assignee_id, filed_ticket.status) == (agent.id, "pending")


def test_a_customer_cannot_do_the_teams_work(filed_ticket, browser_of):
    client = browser_of(filed_ticket.requester)
    page = parse_page(client.get(f"/tickets/{filed_ticket.number}"))
    for part, data in (
        ("status", {"status": "solved"}),
        ("priority", {"priority": "urgent"}),
        ("notes", {"body": "x"}),
    ):
        assert client.post(
            f"/tickets/{filed_ticket.number}/{part}", data=data | {"csrf_token": token(page)}
        ).status_code in (403, 404)
