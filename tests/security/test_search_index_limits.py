"""Characters that expand in the search index do not prevent replies."""

import random

from helpdesk.domain import tickets
from helpdesk.domain.ticket_lists import search
from tests.factories import find_tickets

SQUARES = [chr(code) for code in range(0x3300, 0x3358)]  # each is a whole word in one character: "㌀" is "アパート"


def test_ticket_of_expanding_characters_can_be_answered_and_found(make, session):
    dana, maya = make.user(make.organization()), make.agent()
    ticket = make.ticket(dana)
    draw = random.Random(7)
    for _ in range(3):
        body = " ".join("".join(draw.choices(SQUARES, k=3)) for _ in range(9_990))
        tickets.reply(ticket, author=dana, body=body)
        session.commit()
        tickets.add_note(ticket, author=maya, body=body[::-1])
        session.commit()
    tickets.reply(ticket, author=maya, body="Zanzibar")
    session.commit()
    assert search.load_excerpts(dana, search.build_search(dana, "zanzibar"), [ticket.id])
    assert find_tickets(dana, "zanzibar") == [ticket.id]
