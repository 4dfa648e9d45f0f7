"""A macro is a text and everything it sets, in one step, for one ticket or for many."""

import pytest
from sqlalchemy import select

from helpdesk.domain import tickets
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.privacy import erase_content
from helpdesk.domain.tickets import canned_replies, macros, tag_list, tags
from helpdesk.models.delivery import Delivery
from helpdesk.models.tag import Tag

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


def test_a_macro_adds_tags_and_undo_takes_them_off_again(session, make, lead):
    ticket = make.ticket()
    tags.set_tags(ticket, ["vip"], actor=lead)
    macro = save(lead, body="Hello", tags="Refund; vip, money back", status="pending")
    session.commit()
    assert macro.tags == ["refund", "vip", "money-back"]
    assert "Add tags: refund, vip, money-back" in macros.describe_macro(macro)
    message = macros.apply_macro(ticket, macro, actor=lead, form_token="t" * 32)
    session.commit()
    assert ticket.tags == ("money-back", "refund", "vip")
    tickets.take_back_reply(message, editor=lead)
    session.commit()
    assert ticket.tags == ("vip",) and ticket.status == "open"


def test_a_macro_follows_a_tag_that_is_renamed_merged_or_removed(session, make, lead):
    admin, ticket = make.agent("Root", role="admin"), make.ticket()
    tags.set_tags(ticket, ["refnd", "refund", "spam"], actor=lead)
    macro = save(lead, tags="refnd, spam")
    session.commit()
    found = {tag.name: tag for tag in session.scalars(select(Tag))}
    tag_list.merge_tags(found["refnd"], found["refund"], actor=admin)
    tag_list.remove_tag(found["spam"], actor=admin)
    assert macro.tags == ["refund"]
    tag_list.rename_tag(found["refund"], "money-back", actor=admin)
    assert macro.tags == ["money-back"]


def test_a_macro_does_not_bring_back_the_tag_of_somebody_who_was_erased(session, make, lead):
    ticket = make.ticket()
    tags.set_tags(ticket, ["dana-fields", "vip"], actor=lead)
    macro = save(lead, tags="dana-fields, vip")
    session.commit()
    erase_content.erase_from_tags(["Dana Fields"])
    assert macro.tags == ["vip"]
