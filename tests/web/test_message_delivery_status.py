"""Below a message: what a mail repeated, where the message went, and what came back."""

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain import outbox, tickets
from helpdesk.models.delivery import Delivery, DeliveryState
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HOSTILE = "</pre><script>alert(1)</script>\n> On Monday Maya wrote"


@pytest.fixture
def filed_ticket(make):
    make.channel("C0TRIAGE")
    globex = make.organization("Globex", slack="C0GLOBEX")
    return make.ticket(make.user(globex, "Dana Fields"))


def page_of(client, ticket):
    answer = client.get(f"/tickets/{ticket.number}")
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


def test_what_a_mail_repeated_is_folded_and_harmless_and_goes_with_the_message(filed_ticket, browser_of, session):
    message = session.scalar(select(Message).where(Message.ticket_id == filed_ticket.id))
    message.quoted = HOSTILE
    session.commit()
    page = page_of(browser_of(filed_ticket.requester), filed_ticket)
    folded = page.select_one(f"#message-{message.id} details.quoted")
    assert "open" not in folded.attrs and folded.pre.text == HOSTILE and not folded.select("script")
    message.deleted_at = clock.now()
    session.commit()
    assert "On Monday Maya wrote" not in page_of(browser_of(filed_ticket.requester), filed_ticket).text


def test_a_mail_that_came_back_says_so_to_the_team(filed_ticket, browser_of, make, session):
    agent = make.agent("Maya")
    message = tickets.reply(filed_ticket, author=agent, body="Switch it off.")
    session.flush()
    mine = Thread.ticket_id == filed_ticket.id
    mail = session.scalar(
        select(Delivery).join(Thread).where(mine, Thread.user_id.is_not(None), Delivery.message_id == message.id)
    )
    mail.state, mail.data = DeliveryState.sent, {**mail.data, "bounced": "550 no <b>such</b> user"}
    session.commit()
    row = page_of(browser_of(agent), filed_ticket).select_one(f'#deliveries-{message.id} [data-state="bounced"]')
    assert row.text.strip() == "email to Dana Fields · came back: 550 no <b>such</b> user" and row.svg
    assert "550" not in page_of(browser_of(filed_ticket.requester), filed_ticket).text


def test_places_that_have_ended_are_silent_unless_something_failed_there(filed_ticket, browser_of, make, session):
    agent = make.agent("Maya")
    message = tickets.reply(filed_ticket, author=agent, body="Switch it off.")
    session.flush()
    rows = session.scalars(
        select(Delivery).join(Thread).where(Delivery.message_id == message.id, Thread.user_id.is_(None))
    ).all()
    assert len(rows) == 2
    rows[0].state, rows[1].state, rows[1].reason = DeliveryState.sent, DeliveryState.failed, "The channel is archived."
    for row in rows:
        row.thread.ended_at = clock.now()
    session.commit()
    there = page_of(browser_of(agent), filed_ticket).select_one(f"#deliveries-{message.id}")
    assert rows[0].label not in there.text
    assert " ".join(there.select_one(".delivery-error strong").text.split()) == f"Not delivered to {rows[1].label}."


def test_a_card_that_failed_is_shown_with_retry_and_skip(filed_ticket, browser_of, make, session):
    agent = make.agent("Maya")
    tickets.reply(filed_ticket, author=agent, body="Switch it off.")
    session.commit()
    card = session.scalars(select(Delivery).where(Delivery.kind == "card").order_by(Delivery.id)).first()
    card.state, card.reason = DeliveryState.failed, "The channel is archived."
    session.commit()
    client = browser_of(agent)
    problem = page_of(client, filed_ticket).select_one(".delivery-error")
    text = " ".join(problem.text.split())
    assert text.startswith(f"The ticket's card: not delivered to {card.label}. The channel is archived.")
    form = problem.select_one(f"form[action='/deliveries/{card.id}/retry']")
    values = {"csrf_token": form.select_one("[name=csrf_token]")["value"]}
    assert client.post(form["action"], data=values).status_code == 303
    session.expire_all()
    assert (card.state, card.attempts) == ("pending", 0)
    assert page_of(client, filed_ticket).select_one(".delivery-error") is None
    assert page_of(browser_of(filed_ticket.requester), filed_ticket).select_one(".delivery-error") is None


def test_a_thread_ends_with_the_card_that_is_skipped(filed_ticket, browser_of, make, session):
    agent = make.agent("Maya")
    tickets.reply(filed_ticket, author=agent, body="Switch it off.")
    card = session.scalars(select(Delivery).where(Delivery.kind == "card").order_by(Delivery.id)).first()
    card.state = DeliveryState.failed
    session.commit()
    outbox.skip_delivery(card, actor=agent)
    session.commit()
    states = session.scalars(select(Delivery.state).where(Delivery.thread_id == card.thread_id)).all()
    assert len(states) > 1 and set(states) == {"cancelled"} and card.thread.ended_at
    others = session.scalars(select(Delivery.state).where(Delivery.thread_id != card.thread_id)).all()
    assert "cancelled" not in others
    tickets.reply(filed_ticket, author=agent, body="And on again.")
    session.commit()
    assert set(session.scalars(select(Delivery.state).where(Delivery.thread_id == card.thread_id))) == {"cancelled"}


def test_where_an_answer_goes_stands_at_it_as_soon_as_it_is_sent(filed_ticket, browser_of, make):
    client = browser_of(make.agent("Maya"))
    page = page_of(client, filed_ticket)
    form = {"body": "Switch it off.", "csrf_token": page.select_one("input[name=csrf_token]")["value"]}
    swapped = client.post(f"/tickets/{filed_ticket.number}/replies", data=form, headers={"HX-Request": "true"})
    last = BeautifulSoup(swapped.text, "html.parser").select("#conversation .message")[-1]
    assert "email to Dana Fields" in last.select_one(".deliveries").text
    assert len(last.select(".delivery")) == 3


def test_a_place_that_an_answer_and_its_files_reached_stands_there_once(filed_ticket, browser_of, make, session):
    agent = make.agent("Maya")
    message = tickets.reply(filed_ticket, author=agent, body="Switch it off.")
    session.flush()
    text = session.scalars(select(Delivery).where(Delivery.message_id == message.id)).first()
    file = outbox.enqueue_delivery(text.thread, text.kind, message=message, part=2)
    text.state = file.state = DeliveryState.sent
    session.commit()
    rows = f"#deliveries-{message.id} .delivery"
    assert len(page_of(browser_of(agent), filed_ticket).select(rows)) == 3
    file.state = DeliveryState.pending
    session.commit()
    assert len(page_of(browser_of(agent), filed_ticket).select(rows)) == 4


def test_a_mail_in_doubt_says_what_happens_and_can_be_left_out(filed_ticket, browser_of, make, session):
    """A mail cannot be looked for. It is sent again as the same mail, unless somebody knows that it is there."""
    agent = make.agent("Maya")
    message = tickets.reply(filed_ticket, author=agent, body="Switch it off.")
    session.flush()
    of_message = select(Delivery).join(Thread).where(Delivery.message_id == message.id)
    mail = session.scalar(of_message.where(Thread.user_id.is_not(None)))
    post = session.scalars(of_message.where(Thread.user_id.is_(None))).first()
    for row in (mail, post):
        row.state, row.possibly_sent_since, row.attempts = DeliveryState.unknown, clock.now(), 1
    session.commit()
    client = browser_of(agent)
    page = page_of(client, filed_ticket)
    shown = {row.get_text(" ", strip=True) for row in page.select(f"#deliveries-{message.id} [data-state=unknown]")}
    assert any("sent again as the same mail" in text and "email to Dana Fields" in text for text in shown)
    assert any("checking whether it arrived" in text and post.label in text for text in shown)
    (button,) = page.select(f"#deliveries-{message.id} form[action$='/skip']")
    assert button["action"] == f"/deliveries/{mail.id}/skip"
    values = {"csrf_token": button.select_one("[name=csrf_token]")["value"]}
    assert client.post(button["action"], data=values).status_code == 303
    session.expire_all()
    assert mail.state == "cancelled" and "Left out by Maya" in mail.reason
