"""What the team does for itself leaves no trace in what a customer is sent: no page, fragment, file or ETag differs.

One that does tells that somebody works on the ticket, and a number in it how often.
"""

import re

import pytest

from helpdesk.domain import tickets
from helpdesk.domain.tickets import links, tags

ADDRESSES = (
    "/tickets", "/tickets/list", "/tickets.csv", "/tickets/{}", "/tickets/{}/header", "/tickets/{}/conversation",
    "/tickets/{}/facts", "/tickets/{}/rating",
)  # fmt: skip
# What differs each time a page is asked for: the tokens of its forms and the nonce of its scripts.
TOKENS = re.compile(r'nonce-?[="\' A-Za-z0-9+/_-]{16,}|(?:csrf_token|form_token)"[^>]*|"X-CSRFToken":\s*"[^"]*"')

INTERNAL = {
    "note": lambda ticket, maya, other: tickets.add_note(ticket, author=maya, body="They owe us money."),
    "tags": lambda ticket, maya, other: tags.change_tags(ticket, actor=maya, add=["churn"]),
    "link": lambda ticket, maya, other: links.link_tickets(ticket, other, actor=maya),
    "seen": lambda ticket, maya, other: tickets.save_read_receipt(tickets.pending_read_receipt(ticket, maya)),
}


def read_all(client, number):
    """Everything that the customer is sent, and its ETag, without the tokens."""
    found = {}
    for address in ADDRESSES:
        answer = client.get(address.format(number))
        assert answer.status_code == 200, address
        found[address] = TOKENS.sub("", answer.get_data(as_text=True)), answer.headers.get("ETag")
    return found


@pytest.mark.parametrize("name", INTERNAL)
def test_internal_work_leaves_no_trace(name, make, session, browser_of):
    dana, kim = make.user(make.organization("Globex")), make.user(make.organization("Initech"))
    maya = make.agent("Maya")
    ticket, other = make.ticket(dana), make.ticket(kim)
    tickets.reply(ticket, author=maya, body="We look into it.")
    session.commit()
    client = browser_of(dana)
    read_all(client, ticket.number)
    before = read_all(client, ticket.number)
    assert read_all(client, ticket.number) == before
    INTERNAL[name](ticket, maya, other)
    session.commit()
    after = read_all(client, ticket.number)
    assert {address: found for address, found in after.items() if found != before[address]} == {}


def test_numbers_of_a_conversation_have_no_gaps(make, session, browser_of):
    """With and without internal work between two replies, a customer's page has numbers that look alike."""
    dana, maya = make.user(make.organization("Globex")), make.agent("Maya")
    ticket = make.ticket(dana)
    for number in range(60):
        tickets.reply(ticket, author=dana, body=f"Message {number}.")
        if number % 20 == 19:
            tickets.add_note(ticket, author=maya, body="They owe us money.")
    session.commit()
    client, seqs = browser_of(dana), {str(seq) for seq in range(2, ticket.next_seq + 1)}
    pages = [client.get(f"/tickets/{ticket.number}").text]
    for _ in range(2):
        earlier = re.search(r'"(/tickets/\d+/earlier\?before=\d+)"', pages[-1])
        if earlier:
            pages.append(client.get(earlier[1], headers={"HX-Request": "true"}).text)
    found = [
        number
        for page in pages
        for number in re.findall(r'(?:data-shown="|data-shown-from="|before=|"#?earlier-)(\d+)', page)
    ]
    assert len(pages) > 1 and len(found) > 60
    assert not seqs & set(found)
    assert not re.search(r'name="(seen|seq)"', "".join(pages))
    shown = [int(number) for number in re.findall(r'data-shown="(\d+):', "".join(pages))]
    assert len(set(shown)) == 61 and shown != sorted(shown)
