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
