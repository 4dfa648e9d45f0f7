"""Tickets made of messages in Slack: by an agent's shortcut, by customers, and what is written in such a thread."""

from datetime import timedelta

import pytest

from helpdesk.channels.slack import sync
from helpdesk.channels.slack.api import directory, slack_clock
from helpdesk.demo import personas
from helpdesk.domain.administration import settings as chosen
from helpdesk.models.channel import Channel
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from tests import worker_helpers
from tests.domain.slack.conftest import DANA, ELLEN, GLOBEX, INES, PRIYA, UMBRA

TRIAGE = personas.TRIAGE_CHANNEL_ID


@pytest.fixture(autouse=True)
def fresh_directory():
    directory.clear_cache()


@pytest.fixture
def globex(make, session, team):
    globex = make.organization("Globex", domain="globex.example", slack=GLOBEX)
    make.user(globex, "Dana Whitfield", email="dana@globex.example")
    session.commit()
    return globex


def newest(session) -> Ticket:
    session.expire_all()
    return session.query(Ticket).order_by(Ticket.id.desc()).first()


def file_by_shortcut(day, session, channel, ts, organization, who=PRIYA, **values):
    given = {"organization": {"value": str(organization.id)}, "subject": {"value": "It burns"}} | values
    session.rollback()  # reading the id began a transaction, for whose end Slack's request would wait in vain
    day.workspace.shortcut(who, channel, ts, "create_ticket")
    assert not day.workspace.submit(who, given).get("errors")
    day.work()
    return newest(session)


@pytest.mark.parametrize("channel", [TRIAGE, GLOBEX])
def test_the_thread_of_the_message_belongs_to_the_ticket(globex, day, session, channel, monkeypatch):
    # What a Date without its fraction of a second makes of our clock. All here may happen within that second.
    monkeypatch.setattr(slack_clock, "record_answer", lambda headers: None)
    monkeypatch.setattr(slack_clock, "_offset", timedelta(seconds=-1))
    day.do("invite", channel, PRIYA)
    root = day.workspace.say(PRIYA, channel, "The oven burns.")
    early = day.workspace.say(PRIYA, channel, "secretword before the ticket", thread_ts=root)
    ticket = file_by_shortcut(day, session, channel, root, globex)
    thread = session.query(Thread).join(Channel).filter(Channel.external_id == channel).one()
    assert (thread.ticket_id, thread.external_id) == (ticket.id, root)
    assert "Take it" in str(day.workspace.replies(channel, root)[2])  # the card, below what was there before
    assert [each for each in day.workspace.posted(channel) if each["ts"] != root] == []
    day.do("say", PRIYA, channel, "We are on it.", thread_ts=root)
    day.do("edit", PRIYA, channel, early, "secretword edited")
    day.do("edit", PRIYA, channel, root, "secretword in the root")
    for each in session.query(Channel):
        each.synced_at = None
    session.commit()
    worker_helpers.run_job(lambda _: sync.sync_channels(), 0)
    worker_helpers.drain(session)
    assert [body for _, body in day.words()] == ["We are on it."]
    day.do("press", PRIYA, channel, day.workspace.replies(channel, root)[2]["ts"], "solve")
    worker_helpers.advance_time(session, 5)
    worker_helpers.drain(session)
    assert newest(session).status == "solved"
    assert "Solved" in str(day.workspace.replies(channel, root)[2])
    assert "belongs to it now" in day.ephemeral_texts(PRIYA)


def test_a_customers_answer_in_the_thread_that_became_a_ticket_is_heard(globex, day, session):
    root = day.workspace.say(DANA, GLOBEX, "The oven burns.")
    file_by_shortcut(day, session, GLOBEX, root, globex)
    day.do("say", DANA, GLOBEX, "Still burning.", thread_ts=root)
    day.do("say", PRIYA, TRIAGE, "Coming.", thread_ts=day.root(TRIAGE))
    assert [body for _, body in day.words()] == ["Still burning.", "Coming."]
    assert [each["text"] for each in day.workspace.replies(GLOBEX, root)][-1] == "Coming."


@pytest.mark.parametrize("who", [DANA, PRIYA])
def test_what_a_customer_says_once_a_ticket_was_asked_for_belongs_to_it(globex, day, session, who, monkeypatch):
    monkeypatch.setattr(slack_clock, "record_answer", lambda headers: None)
    monkeypatch.setattr(slack_clock, "_offset", timedelta(0))
    chosen.set("slack_customer_messages", "never")
    session.commit()
    root = day.do("say", DANA, GLOBEX, "The oven burns.")
    early = day.do("say", DANA, GLOBEX, "Does anybody read this?", thread_ts=root)
    session.rollback()
    day.workspace.shortcut(who, GLOBEX, root, "create_ticket")
    if who == PRIYA:
        given = {"organization": {"value": str(globex.id)}, "subject": {"value": "It burns"}}
        session.rollback()
        assert not day.workspace.submit(who, given).get("errors")
    day.workspace.say(DANA, GLOBEX, "Still burning.", thread_ts=root)  # before a worker has made the ticket
    day.work()
    day.do("edit", DANA, GLOBEX, early, "Does nobody read this?")
    for each in session.query(Channel):
        each.synced_at = None
    session.commit()
    worker_helpers.run_job(lambda _: sync.sync_channels(), 0)
    worker_helpers.drain(session)
    assert [body for _, body in day.words()] == ["Still burning."]


def test_a_channel_without_the_bot_is_not_joined_and_its_agent_hears_where_the_ticket_is(globex, day, session):
    ts = day.workspace.say(PRIYA, "C0GENERAL01", "The oven of Globex burns.")
    ticket = file_by_shortcut(day, session, "C0GENERAL01", ts, globex)
    assert personas.BOT_USER_ID not in day.workspace.state.channels["C0GENERAL01"].members
    sentence = day.ephemeral_texts(PRIYA)
    assert f"#{ticket.number}" in sentence and "does not belong to it" in sentence and "#c0triage001" in sentence


def test_an_answer_that_comes_after_the_response_url_is_a_direct_message(globex, day, session):
    ts = day.workspace.say(PRIYA, "C0GENERAL01", "The oven of Globex burns.")
    given = {"organization": {"value": str(globex.id)}, "subject": {"value": "It burns"}}
    session.rollback()
    day.workspace.shortcut(PRIYA, "C0GENERAL01", ts, "create_ticket")
    for known in day.workspace.interactivity.response_urls.known.values():
        known["born"] -= 3600
    day.workspace.submit(PRIYA, given)
    day.work()
    direct = day.workspace.state.direct(PRIYA).messages.values()
    assert f"#{newest(session).number}" in str(list(direct))


def test_a_message_of_another_tickets_thread_makes_a_ticket_of_its_own(filed_ticket, day, session):
    ts = day.say(PRIYA, "And the cellar?")
    ticket = file_by_shortcut(day, session, TRIAGE, ts, filed_ticket.organization)
    assert ticket.id != filed_ticket.id
    assert "does not belong to it" in day.ephemeral_texts(PRIYA)


def test_a_customer_is_asked_and_files_by_a_button(globex, day, session):
    ts = day.do("say", DANA, GLOBEX, "The *oven* burns.\nSince noon.", files=[("oven.txt", b"hot")])
    assert session.query(Ticket).count() == 0
    day.press(DANA, "file_message", GLOBEX, ts=day.last_ephemeral(DANA)["ts"])
    ticket = newest(session)
    assert (ticket.subject, ticket.requester.email) == ("The oven burns.", "dana@globex.example")
    assert [each.state for each in day.last().attachments] == ["stored"]
    assert f"#{ticket.number}" in str(day.last_ephemeral(DANA)) and "file_message" not in str(day.last_ephemeral(DANA))
    day.do("edit", DANA, GLOBEX, ts, "The oven burns brightly.")
    assert day.last().body == "The oven burns brightly."
    day.do("say", DANA, GLOBEX, "Please hurry.", thread_ts=ts)
    assert day.words() == [("reply", "Please hurry.")]


def test_a_customer_who_says_no_has_filed_nothing(globex, day, session):
    day.do("say", DANA, GLOBEX, "Good morning!")
    day.press(DANA, "dismiss_offer", GLOBEX, ts=day.last_ephemeral(DANA)["ts"])
    assert session.query(Ticket).count() == 0 and "Not filed." in str(day.last_ephemeral(DANA))


def test_a_message_that_was_deleted_before_the_button_was_pressed_is_not_filed(globex, day, session):
    ts = day.do("say", DANA, GLOBEX, "Never mind")
    day.do("delete", DANA, GLOBEX, ts)
    day.press(DANA, "file_message", GLOBEX, ts=day.last_ephemeral(DANA)["ts"])
    assert session.query(Ticket).count() == 0 and "was not filed" in str(day.last_ephemeral(DANA))


def test_always_files_every_message_once_with_people_of_slack_connect_too(make, day, session, team):
    umbra = make.organization("Umbra Labs", domain="umbralabs.example")
    make.channel(UMBRA, organization=umbra, is_shared=True)
    chosen.set("slack_customer_messages", "always")
    session.commit()
    ts = day.do("say", INES, UMBRA, "The probe drifts.", files=[("log.txt", b"drift")])
    ticket = newest(session)
    assert (ticket.subject, ticket.requester.display_name) == ("The probe drifts.", "Inès Moreau")
    assert ticket.requester.email.endswith("@slack.invalid")
    day.do("say", INES, UMBRA, "To the left.", thread_ts=ts)
    day.do("say", INES, UMBRA, "Another thing.")
    assert session.query(Ticket).count() == 2
    assert newest(session).requester_id == ticket.requester_id
    day.do("say", PRIYA, UMBRA, "Good morning, everybody.")
    assert session.query(Ticket).count() == 2
    day.do("say", INES, UMBRA, ":fire:")
    assert newest(session).subject == "🔥"


def test_never_still_says_that_nothing_was_filed(globex, day, session):
    chosen.set("slack_customer_messages", "never")
    session.commit()
    day.do("say", DANA, GLOBEX, "The oven burns.")
    assert session.query(Ticket).count() == 0 and "not filed as tickets" in day.ephemeral_texts(DANA)


def test_a_customer_files_by_shortcut(globex, day, session):
    chosen.set("slack_customer_messages", "never")
    session.commit()
    ts = day.do("say", DANA, GLOBEX, "The oven burns.")
    day.do("shortcut", DANA, GLOBEX, ts, "create_ticket")
    assert (newest(session).subject, newest(session).requester.email) == ("The oven burns.", "dana@globex.example")


@pytest.mark.parametrize("who", [ELLEN, PRIYA])
def test_the_teams_own_chat_in_a_customers_channel_is_no_ticket(globex, day, session, who):
    chosen.set("slack_customer_messages", "always")
    session.commit()
    day.do("say", who, GLOBEX, "Is anybody in the office?")
    assert session.query(Ticket).count() == 0 and day.ephemeral_texts(who) == ""
