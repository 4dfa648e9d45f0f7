"""A change of a conversation costs what changed: an open page gets that message, in a short ticket and in a long
one.
"""

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select, update

from helpdesk import clock
from helpdesk.domain import tickets
from helpdesk.models.delivery import Delivery, DeliveryState
from helpdesk.models.message import Message
from helpdesk.web import timeline_numbers
from tests.web.test_desk_query_counts import counted

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MOST_BYTES = 5 * 1024  # of one new message


@pytest.fixture
def dana(make):
    make.channel("C0TRIAGE")
    return make.user(make.organization("Globex", slack="C0GLOBEX"), "Dana Fields")


@pytest.fixture
def filed_ticket(make, dana):
    return make.ticket(dana)


@pytest.fixture
def agent(make):
    return make.agent("Maya")


def parse_html(html):
    return BeautifulSoup(html, "html.parser")


def converse(session, ticket, count):
    for number in range(count):
        tickets.reply(ticket, author=ticket.requester, body=f"Message {number}.")
    session.commit()


class OpenPage:
    """A page of a ticket that stays open, as its script asks again."""

    def __init__(self, client, ticket):
        self.client, self.address = client, f"/tickets/{ticket.number}"
        self.page = parse_html(client.get(self.address).text)
        self.conversation = self.page.select_one("#conversation")
        shown = [(entry["id"], entry["data-shown"]) for entry in self.conversation.select("[data-shown]")]
        self.headers = {
            "HX-Request": "true",
            "X-Shown-From": self.conversation["data-shown-from"],
            "X-Shown-Entries": " ".join(f"{id[0]}{id.partition('-')[2]}:{state}" for id, state in shown),
        }

    def ask(self, **headers):
        answer = self.client.get(f"{self.address}/conversation", headers=self.headers | headers)
        assert answer.status_code == 200, answer.status
        return answer

    def changes(self):
        answer = self.ask()
        assert answer.headers["HX-Reswap"] == "none"
        return parse_html(answer.text)


@pytest.mark.parametrize("length", [2, 60])
def test_a_new_message_is_sent_as_that_message(filed_ticket, agent, dana, session, browser_of, length):
    converse(session, filed_ticket, length)
    pages = [OpenPage(browser_of(person), filed_ticket) for person in (agent, dana)]
    message = tickets.reply(filed_ticket, author=dana, body="It beeps again.")
    session.commit()
    for page in pages:
        answer = page.ask()
        found = parse_html(answer.text)
        assert len(answer.data) < MOST_BYTES
        added = found.select_one('[hx-swap-oob="beforeend:#conversation"]')
        assert [entry["id"] for entry in added.select("[data-shown]")][-1] == f"message-{message.id}"
        assert len(found.select("article")) == len(added.select("article")) == 1
        assert found.select_one("#last-activity[hx-swap-oob] time"), "the only other thing that a message changes"


def test_an_edited_deleted_and_internal_message_changes_alone(filed_ticket, agent, dana, session, browser_of):
    later = clock.now() + timedelta(minutes=5)
    edited, deleted, hidden = [
        tickets.reply(filed_ticket, author=agent, body=body, release_at=later)
        for body in ("First words.", "Second words.", "Third words.")
    ]
    session.commit()
    page, team_page = OpenPage(browser_of(dana), filed_ticket), OpenPage(browser_of(agent), filed_ticket)
    tickets.edit_message(edited, editor=agent, body="Better words.")
    tickets.delete_message(deleted, editor=agent)
    tickets.convert_to_note(hidden, editor=agent)
    session.commit()
    found = page.changes()
    assert found.select_one(f"#message-{edited.id}[hx-swap-oob=true]").select_one(".prose").text == "Better words.\n"
    assert "This message was deleted" in found.select_one(f"#message-{deleted.id}[hx-swap-oob=true]").text
    gone = found.select_one(f"#message-{hidden.id}")
    assert gone["hx-swap-oob"] == "delete" and not gone.text and "Third words" not in str(found)
    assert len(found.select("article")) == 2
    assert "Internal note" in team_page.changes().select_one(f"#message-{hidden.id}").text


def test_a_customer_is_sent_nothing_internal(filed_ticket, agent, dana, session, browser_of):
    page = OpenPage(browser_of(dana), filed_ticket)
    tickets.add_note(filed_ticket, author=agent, body="Secret words.")
    tickets.set_priority(filed_ticket, "urgent", actor=agent)
    session.commit()
    assert page.ask().text == ""
    note = session.scalar(select(Message).where(Message.body == "Secret words."))
    number = timeline_numbers.hide_number(filed_ticket.id, note.seq, dana)
    lying = page.headers["X-Shown-Entries"] + f" m{note.id}:{number}:0"
    answer = page.ask(**{"X-Shown-Entries": lying})
    assert "Secret" not in answer.text and f'id="message-{note.id}" hx-swap-oob="delete"' in answer.text


def test_a_tick_below_a_message_changes_that_message(filed_ticket, agent, session, browser_of):
    converse(session, filed_ticket, 3)
    page = OpenPage(browser_of(agent), filed_ticket)
    message = session.scalar(select(Message).where(Message.body == "Message 1."))
    session.execute(update(Delivery).where(Delivery.message_id == message.id).values(state=DeliveryState.sent))
    session.commit()
    assert [entry["id"] for entry in page.changes().select("article")] == [f"message-{message.id}"]


def test_what_does_not_fit_is_sent_as_a_whole(filed_ticket, agent, session, browser_of):
    page = OpenPage(browser_of(agent), filed_ticket)
    for header in ("", "nonsense", "x12:1:0"):
        answer = page.ask(**{"X-Shown-Entries": header})
        assert parse_html(answer.text).select_one("section#conversation article"), header
        assert "HX-Reswap" not in answer.headers
    converse(session, filed_ticket, 70)
    assert parse_html(page.ask().text).select_one("section#conversation"), "more than a page may add"


def test_a_page_that_is_current_hears_so(filed_ticket, agent, browser_of):
    OpenPage(browser_of(agent), filed_ticket)  # after which it is read
    page = OpenPage(browser_of(agent), filed_ticket)
    headers = page.headers | {"If-None-Match": f'"{page.conversation["data-etag"]}"'}
    assert page.client.get(f"{page.address}/conversation", headers=headers).status_code == 304


def test_a_reply_answers_with_the_composer_and_that_message(filed_ticket, agent, session, browser_of):
    converse(session, filed_ticket, 10)
    tickets.assign(filed_ticket, agent, actor=agent)
    tickets.set_status(filed_ticket, "in_progress", actor=agent)
    session.commit()
    page = OpenPage(browser_of(agent), filed_ticket)
    token = page.page.select_one("input[name=csrf_token]")["value"]
    answer = page.client.post(
        f"{page.address}/replies", data={"body": "Switch it off.", "csrf_token": token}, headers=page.headers
    )
    found = parse_html(answer.text)
    assert answer.status_code == 200 and [entry.select_one(".prose").text for entry in found.select("article")] == [
        "Switch it off.\n"
    ]
    assert found.select_one("#composer") and not found.select("#ticket-header, section#conversation")


def test_a_reply_also_brings_what_others_said_and_asks_nothing_about_the_rest(
    filed_ticket, agent, make, session, browser_of
):
    converse(session, filed_ticket, 20)
    earlier = tickets.reply(filed_ticket, author=agent, body="First words.")  # which takes the ticket
    session.commit()
    page = OpenPage(browser_of(agent), filed_ticket)
    token = page.page.select_one("input[name=csrf_token]")["value"]
    tickets.edit_message(earlier, editor=agent, body="Better words.")
    theirs = tickets.reply(filed_ticket, author=make.agent("Tomas"), body="Or switch it on.")
    session.commit()
    with counted() as statements:
        answer = page.client.post(
            f"{page.address}/replies", data={"body": "Switch it off.", "csrf_token": token}, headers=page.headers
        )
    mine = session.scalar(select(Message).where(Message.body == "Switch it off."))
    added = parse_html(answer.text).select('[hx-swap-oob="beforeend:#conversation"] article')
    assert [entry["id"] for entry in added] == [f"message-{theirs.id}", f"message-{mine.id}"]
    assert "Better words" not in answer.text and "Better words" in page.changes().text, "the page asks after its event"
    committed = next(number for number, each in enumerate(statements) if each.startswith("INSERT INTO deliveries"))
    assert len([each for each in statements[committed:] if each.startswith("SELECT")]) <= 6, statements[committed:]


def test_a_first_response_also_brings_what_it_sets(filed_ticket, agent, session, browser_of):
    page = OpenPage(browser_of(agent), filed_ticket)
    token = page.page.select_one("input[name=csrf_token]")["value"]
    answer = page.client.post(
        f"{page.address}/replies", data={"body": "Switch it off.", "csrf_token": token}, headers=page.headers
    )
    found = parse_html(answer.text)
    assert agent.display_name in found.select_one("#facts[hx-swap-oob]").text
    assert found.select_one("#ticket-header[hx-swap-oob]") and found.select_one("#composer")


def test_earlier_messages_come_in_pages(filed_ticket, agent, dana, session, browser_of):
    converse(session, filed_ticket, 130)
    tickets.add_note(filed_ticket, author=agent, body="Secret words.")
    note = session.scalar(select(Message).where(Message.body == "Secret words."))
    session.execute(update(Message).where(Message.id == note.id).values(seq=1000))
    moved = session.scalar(select(Message).where(Message.body == "Message 5."))
    old_seq, moved.seq = moved.seq, 2000
    session.flush()
    session.execute(update(Message).where(Message.id == note.id).values(seq=old_seq))
    session.commit()
    for person, sees_note in ((agent, True), (dana, False)):
        client = browser_of(person)
        page = OpenPage(client, filed_ticket)
        shown = [entry["id"] for entry in page.conversation.select("article")]
        address = page.conversation.select_one("#earlier-messages a")["href"]
        while address:
            part = parse_html(client.get(address, headers={"HX-Request": "true"}).text)
            assert len(part.select("article")) <= 50
            shown += [entry["id"] for entry in part.select("article")]
            more = part.select_one(".earlier-more a")
            address = more and more["href"]
        assert len(shown) == len(set(shown)) == 131 + sees_note
        assert (f"message-{note.id}" in shown) == sees_note
        assert (
            parse_html(client.get(f"{page.address}/earlier?before=60").text).select_one("h1").text == "Earlier messages"
        )


def test_a_linked_message_is_loaded_with_all_after_it(filed_ticket, agent, session, browser_of):
    converse(session, filed_ticket, 130)
    wanted = session.scalar(select(Message).where(Message.body == "Message 7."))
    page = OpenPage(browser_of(agent), filed_ticket)
    address = page.conversation.select_one("#earlier-messages a")["href"]
    part = parse_html(page.client.get(f"{address}&to={wanted.id}", headers={"HX-Request": "true"}).text)
    shown = [entry.select_one(".prose").text.strip() for entry in part.select("article")]
    first_of_page = page.conversation.select("article")[1].select_one(".prose").text.strip()
    last = int(re.search(r"\d+", first_of_page)[0])
    assert shown == [f"Message {number}." for number in range(7, last)]
    everything = parse_html(page.client.get(f"{address}&all=1", headers={"HX-Request": "true"}).text)
    assert len(everything.select("article")) == last


def test_an_earlier_delivery_that_needs_a_person_is_not_folded_away(filed_ticket, agent, session, browser_of):
    converse(session, filed_ticket, 60)
    message = session.scalar(select(Message).where(Message.body == "Message 3."))
    delivery = session.scalars(select(Delivery).where(Delivery.message_id == message.id)).first()
    delivery.state, delivery.reason = DeliveryState.failed, "The channel is gone."
    session.commit()
    page = OpenPage(browser_of(agent), filed_ticket)
    notice = page.conversation.select_one("article .delivery-error")
    assert "Another message: not delivered to" in " ".join(notice.text.split())
    assert notice.select_one(f"form[action='/deliveries/{delivery.id}/retry']")
