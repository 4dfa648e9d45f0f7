"""What a reply does, on both databases."""

import pytest

from helpdesk.domain import outbox, tickets
from helpdesk.domain.errors import ConflictError, PermissionDenied, ValidationError
from helpdesk.models.delivery import Delivery
from helpdesk.models.message import Message


@pytest.fixture
def filed_ticket(make):
    """A ticket of Globex with a triage channel, its own channel, and an agent."""
    make.channel("C0TRIAGE")
    globex = make.organization("Globex", slack="C0GLOBEX")
    make.agent("Maya")
    return make.ticket(make.user(globex, "Dana"))


def destinations(session, message):
    rows = session.query(Delivery).filter_by(message_id=message.id).all()
    return sorted((row.thread.channel.external_id, row.kind) for row in rows)


def test_filing_opens_a_card_in_triage_and_in_the_customers_channel(filed_ticket, session):
    cards = session.query(Delivery).filter_by(kind="card").all()
    assert sorted(card.thread.channel.external_id for card in cards) == ["C0GLOBEX", "C0TRIAGE"]


def test_a_customers_reply_goes_to_both_slack_threads_and_not_to_themselves_by_mail(filed_ticket, session):
    message = tickets.reply(filed_ticket, author=filed_ticket.requester, body="Any news?")
    session.commit()
    assert destinations(session, message) == [("C0GLOBEX", "message"), ("C0TRIAGE", "message")]


def test_an_agents_reply_also_goes_to_the_requester_by_mail(filed_ticket, session, make):
    message = tickets.reply(filed_ticket, author=make.agent("Tomas"), body="We look into it.")
    session.commit()
    assert ("mail", "message") in destinations(session, message)


def test_a_note_goes_only_where_the_team_reads(filed_ticket, session, make):
    message = tickets.add_note(filed_ticket, author=make.agent("Tomas"), body="They forgot to pay.")
    session.commit()
    assert destinations(session, message) == [("C0TRIAGE", "message")]


def test_what_came_from_a_thread_does_not_go_back_there(filed_ticket, session, make):
    thread = next(thread for thread in filed_ticket.threads if thread.channel.external_id == "C0TRIAGE")
    message = tickets.reply(
        filed_ticket, author=make.agent("Tomas"), body="On it.", origin=thread, origin_external_id="1.2"
    )
    session.commit()
    assert destinations(session, message) == [("C0GLOBEX", "message"), ("mail", "message")]


def test_the_same_slack_message_twice_is_one_message(filed_ticket, session, make):
    thread, agent = filed_ticket.threads[0], make.agent("Tomas")
    for _ in range(2):
        tickets.reply(filed_ticket, author=agent, body="On it.", origin=thread, origin_external_id="1.2")
        session.commit()
    assert session.query(Message).filter_by(origin_external_id="1.2").count() == 1


def test_the_same_form_twice_is_one_message(filed_ticket, session):
    first = tickets.reply(filed_ticket, author=filed_ticket.requester, body="Hello?", form_token="once")
    second = tickets.reply(filed_ticket, author=filed_ticket.requester, body="Hello?", form_token="once")
    assert first is second


def test_a_customers_reply_opens_a_solved_ticket(filed_ticket, session, make):
    tickets.solve(filed_ticket, actor=make.agent())
    tickets.reply(filed_ticket, author=filed_ticket.requester, body="It burns again.")
    session.commit()
    assert filed_ticket.status == "open"


def test_an_agents_first_reply_takes_the_ticket_up_and_assigns_it(filed_ticket, session, make):
    agent = make.agent("Tomas")
    tickets.reply(filed_ticket, author=agent, body="On it.")
    session.commit()
    assert (filed_ticket.status, filed_ticket.assignee) == ("in_progress", agent)
    assert filed_ticket.first_response_at is not None


def test_a_closed_ticket_takes_no_reply_but_a_follow_up(filed_ticket, session, make):
    tickets.set_status(filed_ticket, "closed", actor=make.agent())
    with pytest.raises(ConflictError):
        tickets.reply(filed_ticket, author=filed_ticket.requester, body="One more thing.")
    new = tickets.create_follow_up(filed_ticket, requester=filed_ticket.requester, body="One more thing.")
    session.commit()
    assert new.follows_id == filed_ticket.id


def test_a_customer_of_another_organization_cannot_reply(filed_ticket, make):
    with pytest.raises(PermissionDenied):
        tickets.reply(filed_ticket, author=make.user(make.organization("Initech")), body="Hi.")


def test_an_empty_reply_is_refused_in_words(filed_ticket):
    with pytest.raises(ValidationError, match="Write a message first"):
        tickets.reply(filed_ticket, author=filed_ticket.requester, body=" \n ")


def test_places_in_the_timeline_are_given_once_and_in_order(filed_ticket, session, make):
    agent = make.agent()
    tickets.reply(filed_ticket, author=agent, body="One.")
    tickets.solve(filed_ticket, actor=agent)
    tickets.reply(filed_ticket, author=filed_ticket.requester, body="Two.")
    session.commit()
    places = [entry.seq for entry in tickets.load_timeline(filed_ticket, agent)]
    assert places == sorted(set(places)) and len(places) >= 5


def test_taking_a_reply_back_withdraws_it_from_customers(filed_ticket, session, make):
    from datetime import timedelta

    from helpdesk import clock

    agent = make.agent()
    message = tickets.reply(
        filed_ticket, author=agent, body="Oops, secret.", release_at=clock.now() + timedelta(seconds=20)
    )
    session.commit()
    tickets.convert_to_note(message, editor=agent)
    session.commit()
    left = session.query(Delivery).filter_by(message_id=message.id).filter(Delivery.state != "cancelled").all()
    assert [row.thread.channel.external_id for row in left] == ["C0TRIAGE"]


def test_delivering_needs_the_card_first(filed_ticket, session):
    message = tickets.reply(filed_ticket, author=filed_ticket.requester, body="Any news?")
    session.commit()
    row = session.query(Delivery).filter_by(message_id=message.id).first()
    assert outbox.deliver_one(row.id) is False
    session.refresh(row)
    assert row.state == "pending"


def test_a_thread_whose_card_was_skipped_takes_no_message(filed_ticket, session):
    """Without its card there is no Slack thread to post in."""
    message = tickets.reply(filed_ticket, author=filed_ticket.requester, body="Any news?")
    session.commit()
    row = session.query(Delivery).filter_by(message_id=message.id).first()
    for card in session.query(Delivery).filter_by(thread_id=row.thread_id, kind="card"):
        card.state = "cancelled"
    session.commit()
    assert outbox.deliver_one(row.id) is False
    session.refresh(row)
    assert (row.state, row.attempts) == ("pending", 0)


@pytest.mark.parametrize("way", ["made a note", "deleted", "edited"])
def test_words_taken_back_leave_the_customers_list_as_well(filed_ticket, session, make, way):
    from datetime import timedelta

    from helpdesk import clock

    agent = make.agent()
    message = tickets.reply(
        filed_ticket, author=agent, body="secretword", release_at=clock.now() + timedelta(seconds=20)
    )
    session.commit()
    assert "secretword" in filed_ticket.excerpt
    if way == "edited":
        tickets.edit_message(message, editor=agent, body="something else")
    else:
        (tickets.convert_to_note if way == "made a note" else tickets.delete_message)(message, editor=agent)
    session.commit()
    assert "secretword" not in filed_ticket.excerpt


def test_every_sign_that_breaks_a_line_does_so_on_the_page(filed_ticket):
    """Slides and Word have U+000B within a paragraph, PDF a form feed, Google Docs U+2028; browsers show none of them."""
    pasted = "one\vtwo\fthree\u2028four\u2029five\x85six\r\nseven\reight"
    message = tickets.reply(filed_ticket, author=filed_ticket.requester, body=pasted)
    assert message.body.split("\n") == ["one", "two", "three", "four", "five", "six", "seven", "eight"]
