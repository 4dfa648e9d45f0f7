"""A macro is a text and everything it sets, in one step, for one ticket or for many."""

import pytest

from helpdesk.domain import tickets
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.tickets import canned_replies, macros
from helpdesk.models.delivery import Delivery

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def lead(make):
    return make.agent("Jonas Park", role="lead")


def save(lead, **values):
    return canned_replies.save_reply(None, **{"title": "M", "body": "", "actor": lead, "shared": True} | values)


def test_a_macro_replies_and_sets_everything_and_undo_takes_all_of_it_back(session, make, lead):
    other, ticket = make.agent("Maya"), make.ticket()
    tickets.assign(ticket, other, actor=lead)
    macro = save(lead, body="Hello {{first_name}}", status="pending", priority="high", assignee="me")
    session.commit()
    message = macros.apply_macro(ticket, macro, actor=lead, form_token="t" * 32)
    session.commit()
    assert message.body.startswith("Hello Person")
    assert (ticket.status, ticket.priority, ticket.assignee) == ("pending", "high", lead)
    tickets.take_back_reply(message, editor=lead)
    session.commit()
    assert (ticket.status, ticket.priority, ticket.assignee) == ("open", "normal", other)
    assert not session.query(Delivery).filter_by(kind="message", message_id=message.id).count()


def test_a_macro_without_a_text_sets_values_and_says_nothing(session, make, lead):
    person, ticket = make.agent("Maya"), make.ticket()
    macro = save(lead, assignee=str(person.id), priority="urgent")
    assert macros.apply_macro(ticket, macro, actor=lead) is None
    assert (ticket.assignee, ticket.priority, ticket.status) == (person, "urgent", "open")
    assert macros.describe_macro(macro) == ["Assign to Maya", "Priority: Urgent"]


@pytest.mark.parametrize(
    "values",
    [{}, {"assignee": "999"}, {"priority": "huge"}, {"assignee": "x"}],
    ids=["nothing", "nobody", "no", "text"],
)
def test_a_macro_that_does_nothing_or_names_nobody_is_refused(lead, values):
    with pytest.raises(ValidationError):
        save(lead, **values)


def test_many_tickets_get_their_own_words_once_and_closed_ones_are_left_out(session, make, lead):
    ann, ben = make.user(make.organization(), "Ann Lee"), make.user(make.organization(), "Ben Ray")
    open_tickets, closed = [make.ticket(ann), make.ticket(ben)], make.ticket(ann)
    tickets.solve(closed, actor=lead)
    tickets.close(closed)
    macro = save(lead, body="Dear {{first_name}}", status="pending", assignee="me")
    session.commit()
    numbers = [ticket.number for ticket in [*open_tickets, closed]]
    for _ in range(2):
        result = macros.apply_to_tickets(numbers, macro, actor=lead, form_token="a" * 32)
        session.commit()
    assert (result.changed, [number for number, _ in result.refused]) == (2, [closed.number])
    words = [[message.body for message in ticket.messages][1:] for ticket in open_tickets]
    assert words == [["Dear Ann"], ["Dear Ben"]]
    assert {(ticket.status, ticket.assignee) for ticket in open_tickets} == {("pending", lead)}
    with pytest.raises(ValidationError):
        macros.apply_to_tickets(numbers, None, actor=lead, form_token="a" * 32)
