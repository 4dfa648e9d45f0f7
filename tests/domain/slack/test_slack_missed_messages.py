"""What customers wrote in their channel while nothing from Slack arrived is found by the sync."""

from datetime import timedelta

import pytest

from helpdesk import clock
from helpdesk.channels.slack import handlers, sync
from helpdesk.channels.slack.api import directory
from helpdesk.domain import inbox, outbox, tickets
from helpdesk.domain.administration import settings as chosen
from helpdesk.domain.outbox import errors
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from tests import worker_helpers
from tests.domain.slack.conftest import DANA, GLOBEX, PRIYA

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def globex(make, session, team):
    directory.clear_cache()
    globex = make.organization("Globex", domain="globex.example", slack=GLOBEX)
    make.user(globex, "Dana Whitfield", email="dana@globex.example")
    chosen.set("slack_customer_messages", "always")
    session.commit()
    return globex


def say_unheard(day, user, text, **more) -> str:
    """Write while no event arrives."""
    url = day.workspace.events.url
    day.disconnect()
    ts = day.do("say", user, GLOBEX, text, **more)
    day.workspace.events.url = url
    return ts


def sync_all(session) -> None:
    session.expire_all()
    for each in session.query(Channel):
        each.synced_at = None
    session.commit()
    worker_helpers.run_job(lambda _: sync.sync_channels(), 0)
    worker_helpers.drain(session)
    session.expire_all()


def test_a_missed_message_becomes_a_ticket_once_and_its_thread_is_followed(globex, day, session):
    ts = say_unheard(day, DANA, "The oven burns.", files=[("oven.txt", b"hot")])
    say_unheard(day, PRIYA, "Is anybody in the office?")
    for _ in range(2):
        sync_all(session)
    ticket = session.query(Ticket).one()
    assert (ticket.subject, ticket.requester.email) == ("The oven burns.", "dana@globex.example")
    say_unheard(day, DANA, "Still burning.", thread_ts=ts)
    sync_all(session)
    assert day.words() == [("reply", "Still burning.")]


@pytest.mark.parametrize("who", ["portal", "slack"])
def test_a_missed_word_is_found_at_once_where_another_was_taken_back(
    filed_ticket, day, session, team, monkeypatch, who
):
    """Slack no longer counts the copy that was removed, and so must we: the thread has more than we know."""
    root = day.root()
    said = day.say(DANA, "secretword", GLOBEX)
    say_unheard(day, DANA, "Missed.", thread_ts=day.root(GLOBEX))
    tickets.reply(filed_ticket, author=team[0], body="Said in the portal.")
    session.commit()
    worker_helpers.drain(session)
    day.do("say", DANA, GLOBEX, "Heard.", thread_ts=day.root(GLOBEX))
    if who == "slack":
        day.do("delete", DANA, GLOBEX, said)
    else:
        reply = session.query(Message).filter_by(body="Said in the portal.").one()
        tickets.delete_message(reply, editor=team[0])
        session.commit()
        worker_helpers.drain(session)
    monkeypatch.setattr(sync, "MAX_IDLE_THREADS", 0)  # its turn among those that have nothing new may be far away
    sync_all(session)
    assert "Missed." in day.thread(root=root)


def test_its_author_is_asked_as_if_it_had_come_at_once(globex, day, session):
    chosen.set("slack_customer_messages", "ask")
    session.commit()
    say_unheard(day, DANA, "The oven burns.")
    for _ in range(2):
        sync_all(session)
    assert len(day.workspace.ephemerals(user=DANA)) == 1
    day.press(DANA, "file_message", GLOBEX, ts=day.last_ephemeral(DANA)["ts"])
    assert session.query(Ticket).one().subject == "The oven burns."


def test_an_event_that_comes_after_all_changes_nothing(globex, day, session):
    day.disconnect()
    day.workspace.say(DANA, GLOBEX, "The oven burns.")
    late = day.workspace.events.log[-1].body
    sync_all(session)
    inbox.store_event("slack", late["event_id"], late)
    session.commit()
    worker_helpers.drain(session)
    assert session.query(Ticket).count() == 1


def test_what_was_received_or_is_older_than_the_channel_is_not_read_again(globex, day, session):
    chosen.set("slack_customer_messages", "never")
    session.commit()
    say_unheard(day, DANA, "Long ago.")
    channel = session.query(Channel).filter_by(external_id=GLOBEX).one()
    worker_helpers.advance_time(session, 7200)
    channel.created_at = channel.created_at.replace(year=channel.created_at.year + 1)
    session.commit()
    sync_all(session)
    assert day.workspace.ephemerals(user=DANA) == []
    channel.created_at = channel.created_at.replace(year=channel.created_at.year - 1)
    session.commit()
    day.do("say", DANA, GLOBEX, "Heard.")
    before = session.query(InboundEvent).count()
    sync_all(session)
    assert session.query(InboundEvent).count() == before + 1  # the one from long ago, which is the channel's now


@pytest.mark.parametrize("lag", [20, 600])
def test_a_stored_reply_that_slack_lists_late_is_there_once_in_the_end(filed_ticket, day, session, lag):
    day.workspace.state.replies_lag_seconds = lag
    day.workspace.misbehave("chat.postMessage", "reset_after", times=1, channel=GLOBEX)
    day.say(PRIYA, "We are coming.")
    for _ in range(3):
        worker_helpers.advance_time(session, 400)
        worker_helpers.drain(session)
    sync_all(session)
    assert day.thread(GLOBEX) == ["We are coming."]


def test_what_is_missed_below_a_deleted_card_is_found_after_a_new_card_replaced_it(filed_ticket, day, session, team):
    root = day.root(GLOBEX)
    day.say(PRIYA, "We look into it.", channel=GLOBEX)
    day.do("delete", "U0MAYA00001", GLOBEX, root)
    tickets.set_priority(filed_ticket, "urgent", actor=team[0])  # which redraws the card that is gone
    session.commit()
    worker_helpers.advance_time(session, 60)
    worker_helpers.drain(session)
    assert day.root(GLOBEX) != root, "a new card took its place"
    say_unheard(day, PRIYA, "It is repaired.", thread_ts=root)
    sync_all(session)
    assert ("reply", "It is repaired.") in day.words()


def test_what_is_in_doubt_below_a_deleted_card_is_looked_for_there_and_not_sent_again(filed_ticket, day, session, team):
    root = day.root(GLOBEX)
    day.workspace.misbehave("chat.postMessage", "reset_after", times=1, channel=GLOBEX)
    tickets.reply(filed_ticket, author=filed_ticket.requester, body="unmistakable")
    session.commit()
    worker_helpers.drain(session)
    day.do("delete", "U0MAYA00001", GLOBEX, root)
    tickets.set_priority(filed_ticket, "urgent", actor=team[0])  # which redraws the card that is gone
    session.commit()
    for _ in range(3):
        worker_helpers.drain(session)
        worker_helpers.advance_time(session, 400)
    worker_helpers.drain(session)
    assert day.root(GLOBEX) != root, "a new card took its place"
    said = [message["text"] for message in day.workspace.state.channels[GLOBEX].messages.values()]
    assert sum("unmistakable" in text for text in said) == 1


def redraw_deleted_card(day, session, ticket, agent):
    """Delete the card of ``ticket`` in its customer's channel; a change redraws it, and a new one takes its place."""
    root = day.root(GLOBEX)
    day.do("delete", "U0MAYA00001", GLOBEX, root)
    tickets.set_priority(ticket, "urgent", actor=agent)
    session.commit()
    worker_helpers.advance_time(session, 60)
    worker_helpers.drain(session)
    assert day.root(GLOBEX) != root, "a new card took its place"


def test_what_was_on_its_way_when_the_card_was_replaced_arrives_below_the_new_one(filed_ticket, day, session, team):
    day.say(PRIYA, "We look into it.", channel=GLOBEX)  # so that a tombstone stays, below which it is looked for
    reply = tickets.reply(filed_ticket, author=filed_ticket.requester, body="unmistakable")
    session.commit()
    [copy] = (
        session.query(Delivery)
        .join(Thread)
        .join(Channel)
        .filter(Channel.external_id == GLOBEX, Delivery.message_id == reply.id, Delivery.kind == "message")
    )
    # A worker has claimed it and is killed before it calls Slack.
    copy.state, copy.attempts, copy.started_at = "sending", 1, clock.now()
    copy.lease_owner, copy.lease_until = "killed", clock.now() + timedelta(seconds=180)
    session.commit()
    redraw_deleted_card(day, session, filed_ticket, team[0])
    worker_helpers.advance_time(session, 400)
    outbox.release_expired_leases()
    for _ in range(3):
        worker_helpers.advance_time(session, 400)
        worker_helpers.drain(session)
    assert day.thread(GLOBEX) == ["unmistakable"]


def test_an_edit_changes_the_copy_below_a_deleted_card(filed_ticket, day, session, team):
    reply = tickets.reply(filed_ticket, author=filed_ticket.requester, body="The password is hunter2.")
    session.commit()
    worker_helpers.drain(session)
    old = day.root(GLOBEX)
    redraw_deleted_card(day, session, filed_ticket, team[0])
    tickets.edit_message(reply, editor=filed_ticket.requester, body="The password is secret.")
    session.commit()
    worker_helpers.drain(session)
    assert day.thread(GLOBEX, root=old) == ["The password is secret."]


def say_and_change(day, verb, *words) -> list[dict]:
    """Write a message and change it at once; the two events, of which none arrived."""
    day.disconnect()
    day.workspace.events.log.clear()
    ts = day.workspace.say(DANA, GLOBEX, "The password is oven.", files=[("oven.txt", b"hot")])
    getattr(day.workspace, verb)(DANA, GLOBEX, ts, *words)
    return [attempt.body for attempt in day.workspace.events.log if attempt.body["event"]["type"] == "message"]


def handle(session, *received) -> None:
    session.rollback()
    for event in received:
        inbox.store_event("slack", event["event_id"], event)
        session.commit()
        worker_helpers.drain(session)


@pytest.mark.parametrize("choice", ["always", "ask"])
def test_a_message_that_was_deleted_before_it_came_is_not_filed(globex, day, session, choice):
    chosen.set("slack_customer_messages", choice)
    session.commit()
    said, deleted = say_and_change(day, "delete")
    handle(session, deleted, said)
    sync_all(session)
    assert session.query(Ticket).count() == 0 and day.workspace.ephemerals(user=DANA) == []


def test_a_message_that_was_edited_before_it_came_is_filed_as_it_is_now(globex, day, session):
    said, edited = say_and_change(day, "edit", "The oven burns.")
    handle(session, edited, said)
    ticket = session.query(Ticket).one()
    assert (ticket.subject, [message.body for message in ticket.messages]) == ("The oven burns.", ["The oven burns."])
    assert [file.name for file in ticket.messages[0].attachments] == ["oven.txt"]


def test_a_missed_edit_of_the_message_that_was_filed_is_found(globex, day, session):
    ts = day.do("say", DANA, GLOBEX, "The password is oven.")
    day.disconnect()
    day.workspace.edit(DANA, GLOBEX, ts, "The oven burns.")
    for _ in range(2):
        sync_all(session)
    ticket = session.query(Ticket).one()
    assert [message.body for message in ticket.messages] == ["The oven burns."]


def test_an_edit_that_comes_while_its_message_is_read_loses_neither(globex, day, session):
    said, edited = say_and_change(day, "edit", "The oven burns.")
    session.rollback()
    context = handlers.fetch_context(said)
    handle(session, edited)
    with pytest.raises(errors.TemporaryError):
        handlers.apply(context)
    handle(session, said)
    assert [message.body for message in session.query(Ticket).one().messages] == ["The oven burns."]
