"""What a reader of tickets sees: folded conversations, directions, their own clock, links onwards, and what is new."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain import tickets
from helpdesk.domain.sla import policies
from helpdesk.domain.tickets import merging
from helpdesk.models.read_receipt import ReadReceipt
from tests.web.pages import parse_page

STATIC = Path(__file__).parents[2] / "helpdesk" / "static"


@pytest.fixture
def filed_ticket(make):
    make.channel("C0TRIAGE")
    return make.ticket(make.user(make.organization("Globex", slack="C0GLOBEX"), "Dana Fields"), subject="תקלה (VPN)")


@pytest.fixture
def agent(make):
    return make.agent("Maya")


def send(client, path, **data):
    token = parse_page(client.get("/account")).find("meta", {"name": "csrf-token"})["content"]
    return client.post(path, data=data | {"csrf_token": token})


def converse(session, ticket, count, author):
    for number in range(count):
        tickets.reply(ticket, author=author, body=f"Message {number}.")
    session.commit()


def test_a_long_conversation_folds_what_was_read(filed_ticket, agent, session, browser_of):
    converse(session, filed_ticket, 30, filed_ticket.requester)
    session.add(ReadReceipt(ticket_id=filed_ticket.id, user_id=agent.id, seq=filed_ticket.next_seq - 3, at=clock.now()))
    session.commit()
    client = browser_of(agent)
    page = parse_page(client.get(f"/tickets/{filed_ticket.number}"))
    folded = page.select_one("#earlier-messages")
    earlier = parse_page(client.get(folded["hx-get"], headers={"HX-Request": "true"}))
    assert folded.summary.get_text(strip=True) == f"{len(earlier.select('article'))} earlier messages"
    assert not folded.select("article"), "they are loaded when somebody opens them"
    assert "It really is." not in earlier.text, "the first message is never folded"
    assert len(page.select("#conversation > article")) == 7
    assert page.select_one("#first-unread").find_next("article").select_one(".prose").text.strip() == "Message 28."
    shown_from = page.select_one("#conversation")["data-shown-from"]
    again = parse_page(client.get(f"/tickets/{filed_ticket.number}/conversation", headers={"X-Shown-From": shown_from}))
    assert len(again.select("#conversation > article")) == 7, "nothing is folded away while somebody reads"


def test_what_one_does_oneself_is_not_new(filed_ticket, agent, session, browser_of):
    client = browser_of(agent)
    client.get(f"/tickets/{filed_ticket.number}")  # everything is read
    tickets.assign(filed_ticket, agent, actor=agent)
    tickets.reply(filed_ticket, author=agent, body="On it.")
    session.commit()
    conversation = f"/tickets/{filed_ticket.number}/conversation"
    assert not parse_page(client.get(conversation)).select("#first-unread")
    tickets.reply(filed_ticket, author=filed_ticket.requester, body="Thanks.")
    session.commit()
    page = parse_page(client.get(conversation))
    assert page.select_one("#first-unread").find_next("article").select_one(".prose").text.strip() == "Thanks."


def test_what_came_to_a_hidden_tab_is_read_when_somebody_comes_back(filed_ticket, agent, session, browser_of):
    """Else the team reads that it was seen, and the mail about it is never sent."""

    def reads() -> int:
        session.rollback()
        return session.scalar(select(ReadReceipt.seq).where(ReadReceipt.user_id == dana.id))

    dana = filed_ticket.requester
    client, conversation = browser_of(dana), f"/tickets/{filed_ticket.number}/conversation"
    client.get(f"/tickets/{filed_ticket.number}")
    seen = reads()
    tickets.reply(filed_ticket, author=agent, body="Try it again.")
    session.commit()
    hidden = client.get(conversation, headers={"X-Unseen": "true"})
    assert "Try it again." in hidden.text and reads() == seen
    back = client.get(conversation, headers={"If-None-Match": hidden.headers["ETag"]})
    assert back.status_code == 304 and reads() == seen + 1


def test_a_short_conversation_is_not_folded(filed_ticket, agent, session, browser_of):
    converse(session, filed_ticket, 5, filed_ticket.requester)
    page = parse_page(browser_of(agent).get(f"/tickets/{filed_ticket.number}"))
    assert not page.select("#earlier-messages") and len(page.select("#conversation > article")) == 6


def test_headings_in_messages_are_below_those_of_the_page(filed_ticket, agent, session, browser_of):
    tickets.reply(filed_ticket, author=agent, body="# Steps\n\n###### Small")
    session.commit()
    page = parse_page(browser_of(agent).get(f"/tickets/{filed_ticket.number}"))
    assert len(page.select("h1")) == 1
    assert [heading.name for heading in page.select(".prose :is(h1, h2, h3, h4, h5, h6)")] == ["h4", "h6"]


def test_what_people_wrote_has_a_direction_of_its_own(filed_ticket, agent, browser_of):
    client = browser_of(agent)
    page = parse_page(client.get(f"/tickets/{filed_ticket.number}"))
    assert page.h1.bdi.text == filed_ticket.subject
    assert all(part.get("dir") == "auto" for part in page.select(".prose, #composer textarea"))
    queue = parse_page(client.get("/desk?view=all"))
    assert all(part.get("dir") == "auto" for part in queue.select(".row-link, .row-excerpt"))
    form = parse_page(browser_of(filed_ticket.requester).get("/account"))
    assert form.select_one("input[name=name]")["dir"] == "auto"


def test_exact_times_are_on_the_readers_clock(filed_ticket, agent, session, browser_of):
    filed_ticket.created_at = clock.now().replace(month=1, day=15, hour=20, minute=30)
    filed_ticket.updated_at = filed_ticket.created_at
    session.commit()
    page = parse_page(browser_of(agent).get(f"/tickets/{filed_ticket.number}/facts"))
    assert page.select_one(".key-values time")["title"].endswith(", 20:30 UTC")
    agent.time_zone = "Pacific/Auckland"
    session.commit()
    page = parse_page(browser_of(agent).get(f"/tickets/{filed_ticket.number}/facts"))
    assert re.fullmatch(r"16 January \d{4}, 09:30 NZDT", page.select_one(".key-values time")["title"])
    assert "data-time-zone" in parse_page(browser_of(agent).get("/desk")).body.attrs


def test_printed_times_need_no_nested_rule():
    """WebKit applies no nested ``&::after`` inside ``@media print``: a printed ticket had no date."""
    css = (STATIC / "css" / "print.css").read_text()
    assert "time[data-ago]::after { content: attr(title)" in css
    assert "&" not in css


def test_a_merged_and_a_followed_up_ticket_link_on(filed_ticket, agent, make, session, browser_of):
    target = make.ticket(filed_ticket.requester, subject="The same")
    merging.merge_tickets(filed_ticket, target, actor=agent)
    session.commit()
    client = browser_of(filed_ticket.requester)
    page = parse_page(client.get(f"/tickets/{filed_ticket.number}"))
    assert page.select_one(f"#ticket-header a[href='/tickets/{target.number}']")
    assert not page.select("#rating form"), "a merged ticket asks for no rating"
    back = parse_page(client.get(f"/tickets/{target.number}"))
    assert back.select_one(f"#ticket-header a[href='/tickets/{filed_ticket.number}']")
    tickets.solve(target, actor=agent)
    tickets.close(target)
    session.commit()
    follow_up = tickets.create_follow_up(target, requester=filed_ticket.requester, body="Again.")
    session.commit()
    page = parse_page(client.get(f"/tickets/{target.number}"))
    assert page.select_one(f"#ticket-header a[href='/tickets/{follow_up.number}']")


def test_the_other_ticket_of_a_merge_is_found_by_words(filed_ticket, agent, make, browser_of):
    other = make.ticket(filed_ticket.requester, subject="Scanner beeps")
    client = browser_of(agent)
    page = parse_page(client.get(f"/tickets/{filed_ticket.number}/merge?into=scanner"))
    assert [link["href"] for link in page.select("main .row-link")] == [
        f"/tickets/{filed_ticket.number}/merge?into={other.number}"
    ]


def test_other_tickets_are_offered_while_words_are_typed(filed_ticket, agent, make, browser_of):
    same, foreign = make.ticket(filed_ticket.requester, subject="Scanner beeps"), make.ticket(subject="Scanner hums")
    client, path = browser_of(agent), f"/tickets/{filed_ticket.number}"
    field = parse_page(client.get(f"{path}/merge")).select_one("[name=into]")
    rows = parse_page(client.get(f"{field['hx-get']}?into=scan")).select(f"{field['hx-target']} .row-link")
    assert [row.text for row in rows] == ["Scanner beeps"], "of the same organization"
    field = parse_page(client.get(path)).select_one("#link-number")
    options = parse_page(client.get(f"{field['hx-get']}?number=scan")).select(f"{field['hx-target']} option")
    assert {option["value"] for option in options} == {str(same.number), str(foreign.number)}
    assert f"#{foreign.number} Scanner hums" in [option.text for option in options]
    assert not parse_page(client.get(f"{field['hx-get']}?number=+")).select("option"), "nothing is offered for nothing"


def test_filing_is_confirmed(filed_ticket, make, browser_of):
    make.form()
    client = browser_of(filed_ticket.requester)
    answer = send(client, "/tickets", form="default", subject="Scanner", body="It beeps.")
    assert "is filed" in parse_page(client.get(answer.location)).select_one("#flash").text


def test_unread_is_what_concerns_the_reader(filed_ticket, agent, make, session, browser_of):
    client = browser_of(agent)
    assert parse_page(client.get("/desk?view=all")).select(".row-unread"), "nobody looks after it yet"
    tickets.assign(filed_ticket, make.agent("Tomas"), actor=agent)
    session.commit()
    assert not parse_page(client.get("/desk?view=all")).select(".row-unread")
    tickets.assign(filed_ticket, agent, actor=agent)
    session.commit()
    assert parse_page(client.get("/desk?view=all")).select(".row-unread")


def test_at_risk_begins_with_what_is_due_first(filed_ticket, make, session, browser_of):
    lead = make.agent("Ada", role="admin")
    policies.set_policies({"normal-first_response": "1h", "urgent-first_response": "30m"}, actor=lead)
    session.commit()
    late = make.ticket(filed_ticket.requester, subject="Due second")
    soon = make.ticket(filed_ticket.requester, subject="Due first")
    tickets.set_priority(soon, "urgent", actor=lead)
    late.updated_at = clock.now() + timedelta(minutes=1)
    session.commit()
    page = parse_page(browser_of(lead).get("/desk?view=at_risk"))
    assert [row["id"] for row in page.select(".queue-row")] == [f"ticket-{soon.number}", f"ticket-{late.number}"]
    assert page.select_one(".queue-due .due").text.startswith("Due in")


def test_counts_of_tabs_follow_the_search(filed_ticket, make, browser_of):
    make.ticket(filed_ticket.requester, subject="Scanner beeps")
    client = browser_of(filed_ticket.requester)
    assert [count.text for count in parse_page(client.get("/tickets")).select(".tabs .count")] == ["2", "2", "0", "0"]
    found = parse_page(client.get("/tickets?q=scanner"))
    assert [count.text for count in found.select(".tabs .count")] == ["1", "1", "0", "0"]


def test_a_test_without_a_mail_server_says_so_where_one_looks(make, browser_of):
    client = browser_of(make.agent(role="admin"))
    page = parse_page(client.get(send(client, "/settings/mail/test-mail").location))
    server = page.select_one("#server").find_parent("section")
    assert "MAIL_SERVER is not set" in server.text and not page.select_one("#flash").text.strip()
