"""A ticket's page and writing there take a handful of statements, the same with few messages and with many."""

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from helpdesk.domain import tickets
from helpdesk.domain.tickets import links
from helpdesk.models.notification import Notification, NotificationKind
from tests.web.test_desk_query_counts import counted

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
READS = ("SELECT", "WITH")
CUSTOMER, AGENT = 3, 5  # queries of the whole page, the signed-in person's own among them
REPLY, FILING = 10, 13  # statements, reading and writing; SQLite inserts threads and deliveries one by one
ANSWER = {False: 1, True: 3}  # what HTMX's answer to a reply reads beside that, by whether the team asks


@pytest.fixture
def filed_ticket(make):
    """A linked ticket with a card in two Slack channels."""
    make.channel("C0TRIAGE")
    dana = make.user(make.organization("Globex", slack="C0GLOBEX"), "Dana Fields")
    return make.ticket(dana), make.ticket(dana), make.agent("Maya")


def test_a_ticket_costs_the_same_however_much_was_said(filed_ticket, browser_of, session):
    ticket, other, agent = filed_ticket
    links.link_tickets(ticket, other, actor=agent)
    costs = []
    for number in (2, 20):
        for author in (agent, ticket.requester):
            for n in range(number):
                tickets.reply(ticket, author=author, body=f"Word {n}.")
        session.commit()
        costs.append([reads(browser_of(person), f"/tickets/{ticket.number}") for person in (ticket.requester, agent)])
    assert costs[0][0] <= CUSTOMER and costs[0][1] <= AGENT, costs
    assert costs[1] == [cost + 1 for cost in costs[0]], "a long one counts what it folds away"


def test_the_first_look_reads_no_more_than_the_next(filed_ticket, browser_of, session):
    ticket, _, agent = filed_ticket
    client, address = browser_of(agent), f"/tickets/{ticket.number}"
    client.get(address)
    tickets.reply(ticket, author=ticket.requester, body="News.")
    session.commit()
    with counted() as first:
        client.get(address)
    with counted() as second:
        client.get(address)
    selects = [len([each for each in found if each.lstrip().startswith(READS)]) for found in (first, second)]
    assert selects[0] == selects[1], first
    assert len([each for each in first if each.startswith(("INSERT", "UPDATE"))]) == 1


def test_a_look_writes_only_what_is_about_the_ticket(filed_ticket, browser_of, session):
    ticket, other, agent = filed_ticket
    client, first, second = browser_of(agent), f"/tickets/{ticket.number}", f"/tickets/{other.number}"
    client.get(first)
    session.add(Notification(user_id=agent.id, kind=NotificationKind.assigned, ticket_id=other.id))
    session.commit()
    for address, writing in ((first, 0), (second, 2), (second, 0)):
        with counted() as statements:
            client.get(address)
        written = [each for each in statements if each.startswith(("INSERT", "UPDATE"))]
        assert len(written) == writing, (address, written)
    session.expire_all()
    assert session.scalar(select(Notification.read_at)) is not None


def test_a_reply_and_a_new_ticket_take_few_statements(filed_ticket, make, browser_of):
    ticket, _, agent = filed_ticket
    make.form()
    for person in (ticket.requester, agent):
        client = browser_of(person)
        assert (
            writes(client, f"/tickets/{ticket.number}", f"/tickets/{ticket.number}/replies", body="Still broken.")
            <= REPLY
        )
    client = browser_of(ticket.requester)
    assert writes(client, "/tickets/new", "/tickets", form="default", subject="Scanner", body="It beeps.") <= FILING


def test_the_answer_to_a_reply_takes_few_statements_more(filed_ticket, browser_of):
    ticket, _, agent = filed_ticket
    address = f"/tickets/{ticket.number}"
    for person in (ticket.requester, agent):
        client = browser_of(person)
        plain = writes(client, address, f"{address}/replies", body="Still broken.")
        page = BeautifulSoup(client.get(address).text, "html.parser")
        shown = page.select("[data-shown]")[-1]
        named = f"{shown['id'][0]}{shown['id'].partition('-')[2]}:{shown['data-shown']}"
        headers = {"HX-Request": "true", "X-Shown-Entries": named}
        answer = writes(client, address, f"{address}/replies", 200, headers, body="Still broken.")
        assert answer <= plain + ANSWER[person.is_team], person.name


def reads(client, address) -> int:
    client.get(address)  # after which it is read, and the cache is filled
    with counted() as statements:
        assert client.get(address).status_code == 200
    return len([each for each in statements if each.lstrip().startswith(READS)])


def writes(client, page, address, status=303, headers=None, **form) -> int:
    said = BeautifulSoup(client.get(page).text, "html.parser").find("input", {"name": "csrf_token"})["value"]
    client.post(address, data={**form, "csrf_token": said}, headers=headers)  # the first one also takes the ticket up
    with counted() as statements:
        assert client.post(address, data={**form, "csrf_token": said}, headers=headers).status_code == status
    return len([each for each in statements if not each.startswith("BEGIN")])
