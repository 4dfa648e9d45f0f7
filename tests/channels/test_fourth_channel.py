"""A channel of some sixty lines takes part in everything, without one edit elsewhere: fan-out, order, retry, look-up,
replies."""

import pytest

from helpdesk.demo import personas
from helpdesk.domain import inbox, outbox, tickets
from helpdesk.domain.outbox import errors, registry
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread
from tests import worker_helpers
from tests.channels.list_channel import ListChannel


@pytest.fixture
def settings(workspace, mailbox):
    return worker_helpers.settings(workspace, mailbox)


@pytest.fixture
def place(app):
    channel = ListChannel()
    registry.register_channel(channel)
    yield channel
    registry.unregister_channel(channel.kind)


@pytest.fixture
def filed_ticket(make, session, place):
    """A ticket of Globex, which has a list beside its channel in Slack, and the team's triage channel."""
    make.channel(personas.TRIAGE_CHANNEL_ID)
    globex = make.organization("Globex", domain="globex.example", slack="C0GLOBEX001")
    session.add(Channel(kind="list", external_id="globex", name="the list", audience="customer", organization=globex))
    session.commit()
    return make.ticket(make.user(globex, "Dana", email="dana@globex.example"), subject="No light")


def say(session, ticket, *words, author=None):
    for word in words:
        tickets.reply(ticket, author=author or ticket.requester, body=word)
    session.commit()


def rows(session):
    session.expire_all()
    return session.query(Delivery).join(Thread).join(Channel).filter(Channel.kind == "list").order_by(Delivery.id).all()


def test_what_is_said_goes_to_every_channel_and_stands_there_in_order(
    filed_ticket, session, place, workspace, mailbox, make
):
    worker_helpers.drain(session)
    say(session, filed_ticket, "one", "two", author=make.agent("Tomas"))
    worker_helpers.drain(session)
    assert [text for _, text in place.posts] == ["No light", "one", "two"]
    root = workspace.posted("C0GLOBEX001")[0]["ts"]
    assert ["one" in reply["text"] for reply in workspace.replies("C0GLOBEX001", root)] == [False, True, False]
    assert "two" in mailbox.list_for("dana@globex.example")[-1].text
    assert session.query(Thread).join(Channel).filter(Channel.kind == "list").one().external_id == "1"


def test_a_note_does_not_go_where_customers_read(filed_ticket, session, place, make):
    tickets.add_note(filed_ticket, author=make.agent("Tomas"), body="secretword")
    session.commit()
    worker_helpers.drain(session)
    assert [text for _, text in place.posts] == ["No light"]


def test_everything_waits_for_the_root_message_and_for_what_was_said_before(filed_ticket, session, place):
    place.faults = [(errors.TemporaryError("Not now."), False)]
    say(session, filed_ticket, "one", "two")
    worker_helpers.drain(session)
    assert place.posts == []
    assert [row.attempts for row in rows(session)] == [1, 0, 0]
    worker_helpers.advance_time(session)
    worker_helpers.drain(session)
    assert [text for _, text in place.posts] == ["No light", "one", "two"]
    assert place.look_ups == 0  # it certainly was not stored


@pytest.mark.parametrize("is_stored", [True, False])
def test_a_post_of_unknown_outcome_is_looked_for_before_it_is_tried_again(filed_ticket, session, place, is_stored):
    worker_helpers.drain(session)
    place.faults = [(errors.UnknownOutcomeError("The line broke."), is_stored)]
    say(session, filed_ticket, "one", "two")
    worker_helpers.drain(session)
    assert place.look_ups == 0 and rows(session)[1].state == "unknown"
    worker_helpers.advance_time(session)
    worker_helpers.drain(session)
    assert place.look_ups == 1
    assert [text for _, text in place.posts] == ["No light", "one", "two"]


def test_a_wait_that_is_asked_for_pauses_this_channel_and_no_other(filed_ticket, session, place, workspace):
    worker_helpers.drain(session)
    place.faults = [(errors.TemporaryError("Too much.", retry_after=60), False)]
    say(session, filed_ticket, "one")
    worker_helpers.drain(session)
    [channel] = session.query(Channel).filter_by(kind="list")
    assert channel.paused_until is not None and len(place.posts) == 1
    assert "one" in str(workspace.replies("C0GLOBEX001", workspace.posted("C0GLOBEX001")[0]["ts"]))


def test_a_blocked_channel_is_shown_and_clears_with_the_first_success(filed_ticket, session, place):
    worker_helpers.drain(session)
    place.faults = [(errors.ChannelBlockedError("The list is full."), False)]
    say(session, filed_ticket, "one")
    worker_helpers.drain(session)
    [channel] = session.query(Channel).filter_by(kind="list")
    assert channel.blocked_reason == "The list is full."
    worker_helpers.advance_time(session)
    worker_helpers.drain(session)
    session.refresh(channel)
    assert channel.blocked_reason is None and place.posts[-1][1] == "one"


def test_a_refusal_for_good_waits_for_a_person(filed_ticket, session, place, make):
    worker_helpers.drain(session)
    place.faults = [(errors.PermanentError("It takes no such word."), False)]
    say(session, filed_ticket, "one", "two")
    worker_helpers.drain(session)
    failed = rows(session)[1]
    assert (failed.state, failed.reason, failed.label) == ("failed", "It takes no such word.", "the list")
    outbox.skip_delivery(failed, actor=make.agent())
    session.commit()
    worker_helpers.drain(session)
    assert [text for _, text in place.posts] == ["No light", "two"]


def test_a_reply_from_there_goes_to_all_other_places_once(filed_ticket, session, place, workspace):
    worker_helpers.drain(session)
    heard = {"thread": "1", "author": "dana@globex.example", "text": "from the list"}
    assert inbox.store_event("list", "e-1", heard) is True
    assert inbox.store_event("list", "e-1", heard) is False
    assert inbox.store_event("list", "e-2", heard | {"text": "and more"}) is True
    session.commit()
    worker_helpers.drain(session)
    assert [(event.state, event.ordering_key) for event in session.query(InboundEvent)] == [("done", "list:1")] * 2
    assert [message.body for message in session.query(Message).order_by(Message.id)][1:] == [
        "from the list",
        "and more",
    ]
    thread = str(workspace.replies("C0GLOBEX001", workspace.posted("C0GLOBEX001")[0]["ts"]))
    assert thread.count("from the list") >= 1 and "and more" in thread
    assert len(place.posts) == 1  # not back to where it came from


def test_two_channels_cannot_both_send_what_has_no_thread(app):
    other = ListChannel()
    other.threadless_kinds = registry.get_channel("webhook").threadless_kinds
    with pytest.raises(ValueError, match="both send webhook"):
        registry.register_channel(other)


def test_nothing_comes_in_from_a_channel_that_is_only_written_to(app):
    with pytest.raises(LookupError):
        inbox.store_event("webhook", "e-1", {})


def test_a_channel_that_was_taken_away_stops_nothing_else(filed_ticket, session, place, workspace, make):
    worker_helpers.drain(session)
    registry.unregister_channel(place.kind)
    said = tickets.reply(filed_ticket, author=make.agent("Tomas"), body="one")
    tickets.edit_message(said, editor=said.author, body="two")
    tickets.delete_message(said, editor=said.author)
    session.commit()
    worker_helpers.drain(session)
    assert len(place.posts) == 1 and len(rows(session)) == 1


def test_a_kind_of_channel_that_nobody_serves_is_refused(app, session):
    session.add(Channel(kind="pigeon", external_id="p", audience="team"))
    with pytest.raises(LookupError):
        session.flush()
    session.rollback()
