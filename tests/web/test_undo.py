"""The team undoes a reply and a solved ticket on the page, and no note is taken for a reply."""

import pytest
from sqlalchemy import select

from helpdesk.domain import tickets
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from tests import time_travel
from tests.web.pages import parse_page


@pytest.fixture
def filed_ticket(make):
    make.channel("C0TRIAGE")
    return make.ticket(make.user(make.organization("Globex", slack="C0GLOBEX"), "Dana Fields"))


@pytest.fixture
def desk(make, browser_of):
    return browser_of(make.agent("Maya"))


def send(client, path, htmx=True, **data):
    token = parse_page(client.get("/account")).find("meta", {"name": "csrf-token"})["content"]
    headers = {"X-CSRFToken": token} | ({"HX-Request": "true"} if htmx else {})
    return client.post(path, data=data | {"csrf_token": token}, headers=headers)


def messages(session, kind):
    session.expire_all()
    return list(session.scalars(select(Message.body).where(Message.kind == kind, Message.from_team)))


def test_a_reply_comes_back_with_what_was_typed_since(filed_ticket, desk, session):
    page = parse_page(send(desk, f"/tickets/{filed_ticket.number}/replies", body="Swordfish.", compose="reply"))
    offer = page.select_one("#undo-toast form")
    assert page.select_one("#undo-toast")["data-until"]
    back = parse_page(send(desk, offer["action"], body="And more", compose="note", written_as="note"))
    assert back.select_one("#composer textarea").text.strip() == "Swordfish.\n\nAnd more"
    assert back.select_one("[name=written_as]")["value"] == "note"
    assert back.select_one("#compose-reply").has_attr("checked")
    assert messages(session, "reply") == []


def test_without_a_script_the_offer_is_on_the_next_page(filed_ticket, desk, session):
    answer = send(desk, f"/tickets/{filed_ticket.number}/replies", htmx=False, body="Swordfish.")
    page = parse_page(desk.get(answer.location))
    action = page.select_one("#undo-toast form")["action"]
    page = parse_page(send(desk, action, htmx=False))
    assert page.select_one("#composer textarea").text.strip() == "Swordfish."
    assert messages(session, "reply") == []


def test_too_late_is_said(filed_ticket, desk, session):
    page = parse_page(send(desk, f"/tickets/{filed_ticket.number}/replies", body="Swordfish."))
    action = page.select_one("#undo-toast form")["action"]
    time_travel.advance(11)
    assert "Too late" in parse_page(send(desk, action)).select_one("#undo-toast").text
    assert messages(session, "reply") == ["Swordfish."]


def test_solving_is_offered_to_undo(filed_ticket, desk, session):
    page = parse_page(send(desk, f"/tickets/{filed_ticket.number}/solution"))
    form = page.select_one("#undo-toast form")
    assert page.select("#undo-toast [data-next-ticket]")
    assert "hx-include" not in form.attrs, "only a reply that comes back needs what was typed since"
    send(desk, form["action"], seq=form.select_one("[name=seq]")["value"])
    session.expire_all()
    assert session.get(Ticket, filed_ticket.id).status == "open"


def test_the_next_ticket_is_offered_after_a_reply_that_solves(filed_ticket, desk):
    page = parse_page(send(desk, f"/tickets/{filed_ticket.number}/replies", body="Swordfish.", status="solved"))
    assert page.select("#undo-toast [data-next-ticket]")


def test_the_next_ticket_is_not_offered_after_a_reply_that_keeps_the_status(filed_ticket, desk):
    page = parse_page(send(desk, f"/tickets/{filed_ticket.number}/replies", body="Swordfish?"))
    assert page.select("#undo-toast form") and not page.select("#undo-toast [data-next-ticket]")


def test_customers_are_offered_no_undo(filed_ticket, browser_of):
    page = parse_page(
        send(browser_of(filed_ticket.requester), f"/tickets/{filed_ticket.number}/replies", body="Any news?")
    )
    assert not page.select("#undo-toast form")


def test_a_form_that_says_note_is_a_note_whichever_address_it_was_sent_to(filed_ticket, desk, session):
    send(desk, f"/tickets/{filed_ticket.number}/replies", body="They did not pay.", compose="note")
    assert messages(session, "reply") == [] and messages(session, "note") == ["They did not pay."]


def test_a_note_of_somebody_who_is_not_of_the_team_any_more_is_no_reply(filed_ticket, browser_of, session):
    client = browser_of(filed_ticket.requester)
    refused = send(client, f"/tickets/{filed_ticket.number}/replies", body="Do not tell them.", compose="note")
    assert refused.status_code == 403 and "Only the team writes notes." in refused.text
    session.expire_all()
    assert not session.scalars(select(Message).where(Message.body == "Do not tell them.")).all()


def test_a_colleagues_newer_reply_is_shown_once(filed_ticket, desk, make, session):
    seen = parse_page(desk.get(f"/tickets/{filed_ticket.number}")).select_one("[name=seen]")["value"]
    tickets.reply(filed_ticket, author=make.agent("Tomas"), body="I have restarted it.")
    session.commit()
    page = parse_page(send(desk, f"/tickets/{filed_ticket.number}/replies", body="Restart it.", seen=seen), 422)
    assert "I have restarted it." in page.select_one(".notice").text
    assert page.select_one("#composer textarea").text.strip() == "Restart it."
    send(
        desk,
        f"/tickets/{filed_ticket.number}/replies",
        body="Restart it.",
        seen=page.select_one("[name=seen]")["value"],
    )
    assert messages(session, "reply") == ["I have restarted it.", "Restart it."]


def test_a_reply_sent_again_is_the_same_reply_whatever_a_colleague_wrote_since(filed_ticket, desk, make, session):
    page = parse_page(desk.get(f"/tickets/{filed_ticket.number}"))
    fields = {name: page.select_one(f"#composer [name={name}]")["value"] for name in ("seen", "form_token")}
    address = f"/tickets/{filed_ticket.number}/replies"
    send(desk, address, body="Restart it.", **fields)
    tickets.reply(filed_ticket, author=make.agent("Tomas"), body="I have restarted it.")
    session.commit()
    page = parse_page(send(desk, address, body="Restart it.", **fields))  # its answer was lost on the way
    assert page.select(".composer .notice") == []
    assert messages(session, "reply") == ["Restart it.", "I have restarted it."]


def test_ones_own_and_the_customers_newer_messages_do_not_stop_a_reply(filed_ticket, desk, session):
    tickets.reply(filed_ticket, author=filed_ticket.requester, body="Any news?")
    session.commit()
    parse_page(send(desk, f"/tickets/{filed_ticket.number}/replies", body="Soon.", seen="1"))
    parse_page(send(desk, f"/tickets/{filed_ticket.number}/replies", body="Now.", seen="1"))
    assert messages(session, "reply") == ["Soon.", "Now."]
