"""Undo that is true: what every ephemeral sentence says about a reply is compared with what is stored and shown."""

from zoneinfo import ZoneInfo

import pytest

from helpdesk.channels.slack.api import directory
from helpdesk.demo import personas
from helpdesk.domain import tickets
from helpdesk.domain.administration import settings as chosen
from helpdesk.domain.ticket_lists import customer_list
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery
from helpdesk.models.thread import Thread
from tests import worker_helpers
from tests.domain.slack.conftest import GLOBEX, PRIYA

TRIAGE = personas.TRIAGE_CHANNEL_ID


@pytest.fixture(autouse=True)
def fresh_directory():
    directory.clear_cache()


@pytest.fixture
def hold(session):
    chosen.set("slack_undo_mode", "hold")
    session.commit()


def sentence(day) -> str:
    return day.last_ephemeral(PRIYA)["blocks"][0]["text"]["text"]


def press(day, name):
    day.press(PRIYA, name, ts=day.last_ephemeral(PRIYA)["ts"])


def publish(session, seconds=60):
    worker_helpers.advance_time(session, seconds)
    worker_helpers.run_job(lambda _: tickets.publish_due_replies(), 0)
    worker_helpers.drain(session)


def mails(session) -> list[Delivery]:
    session.expire_all()
    of_channel = Delivery.thread.has(Thread.channel.has(Channel.kind == "email"))
    return session.query(Delivery).filter(of_channel, Delivery.kind == "message").all()


def reaction_names(day, ts) -> list[str]:
    return [each["name"] for each in day.workspace.message(TRIAGE, ts).get("reactions", [])]


def customers_words(ticket) -> list[str]:
    timeline = tickets.load_timeline(ticket, ticket.requester)
    return [each.body for each in timeline if getattr(each, "kind", "") == "reply"][1:]


def test_at_once_says_who_has_it_now_and_when_the_mail_leaves(filed_ticket, day, session):
    day.say(PRIYA, "Coming.")
    assert sentence(day) == (
        "Goes to the customer at once in the portal (Dana Whitfield and everybody at Globex who sees its tickets) and "
        "in #c0globex001. The email to Dana Whitfield leaves in 20 seconds."
    )
    assert day.thread(GLOBEX) == ["Coming."] and customers_words(filed_ticket) == ["Coming."]
    [mail] = mails(session)
    assert mail.state == "pending" and mail.thread.user.display_name == "Dana Whitfield"
    assert 15 <= (mail.due_at - day.last().created_at).total_seconds() <= 21


def test_the_sentence_names_nobody_whose_mail_is_not_sent(filed_ticket, day, session):
    filed_ticket.requester.email_undeliverable_reason = "It came back."
    session.commit()
    day.say(PRIYA, "Coming.")
    assert sentence(day).endswith("No email is sent.")
    worker_helpers.advance_time(session, 60)
    worker_helpers.drain(session)
    assert [each.state for each in mails(session)] == ["cancelled"]


def test_a_requester_who_may_no_longer_see_the_ticket_is_not_named_as_a_reader(filed_ticket, day, session):
    filed_ticket.requester.deactivated_at = filed_ticket.created_at
    session.commit()
    day.say(PRIYA, "Coming.")
    assert "but not Dana Whitfield, who may no longer see it" in sentence(day)


def test_make_internal_says_how_long_it_stood_where_and_that_no_mail_left(filed_ticket, day, session):
    day.say(PRIYA, "secretword")
    worker_helpers.advance_time(session, 4)
    press(day, "make_internal")
    said = sentence(day)
    copy = (
        session.query(Delivery)
        .filter_by(kind="message")
        .filter(Delivery.thread.has(Thread.channel.has(external_id=GLOBEX)))
    )
    stood = int(said.partition("#c0globex001 for ")[2].split()[0])
    assert copy.one().state == "sent" and 4 <= stood <= 60
    assert "This is a note now." in said and "No email was sent." in said
    assert [each.state for each in mails(session)] == ["cancelled"]
    assert day.thread(GLOBEX) == [] and customers_words(filed_ticket) == []


def test_make_internal_after_the_mail_says_that_it_stays_in_the_mailbox(filed_ticket, day, session, team):
    team[0].time_zone = "Asia/Tokyo"  # Priya's
    session.commit()
    day.say(PRIYA, "secretword")
    worker_helpers.advance_time(session, 60)
    worker_helpers.drain(session)
    press(day, "make_internal")
    [mail] = mails(session)
    assert mail.state == "sent"
    left = mail.finished_at.astimezone(ZoneInfo("Asia/Tokyo"))
    assert f"The email to Dana Whitfield left at {left:%H:%M:%S} JST and stays" in sentence(day)
    assert "No email was sent" not in sentence(day)
    assert day.thread(GLOBEX) == [] and customers_words(filed_ticket) == []


def test_make_internal_says_who_read_it_in_the_portal(filed_ticket, day, session):
    day.say(PRIYA, "secretword")
    tickets.save_read_receipt(tickets.pending_read_receipt(filed_ticket, filed_ticket.requester))
    session.commit()
    press(day, "make_internal")
    assert "Dana Whitfield opened the ticket in the portal meanwhile." in sentence(day)


def test_make_internal_of_what_nobody_had_says_so(filed_ticket, day, session):
    day.session.rollback()
    day.workspace.misbehave("chat.postMessage", "ratelimited", times=None, channel=GLOBEX, retry_after=30)
    day.say(PRIYA, "secretword")
    press(day, "make_internal")
    assert sentence(day) == "This is a note now. Only the team has seen it, and no email was sent."


def test_send_now_names_what_was_waiting_and_a_second_press_finds_nothing(filed_ticket, day, session):
    day.say(PRIYA, "Coming.")
    press(day, "send_now")
    assert sentence(day) == "The email to Dana Whitfield is on its way."
    worker_helpers.drain(session)
    assert [each.state for each in mails(session)] == ["sent"]


def test_held_nobody_outside_has_it_until_the_window_ends(filed_ticket, day, session, hold, team):
    ts = day.say(PRIYA, "Coming.")
    assert sentence(day) == (
        "Only the team sees this yet. In 20 seconds it goes to the portal (Dana Whitfield and everybody at Globex who "
        "sees its tickets) and #c0globex001, and by email to Dana Whitfield."
    )
    assert (day.thread(GLOBEX), customers_words(filed_ticket), mails(session)) == ([], [], [])
    assert reaction_names(day, ts) == ["hourglass_flowing_sand"]
    worker_helpers.run_job(lambda _: tickets.publish_due_replies(), 0)
    assert day.thread(GLOBEX) == []
    publish(session)
    session.expire_all()
    assert (day.thread(GLOBEX), customers_words(filed_ticket)) == (["Coming."], ["Coming."])
    assert [each.state for each in mails(session)] == ["sent"]
    worker_helpers.advance_time(session, 2)  # reactions wait behind the update of the card
    worker_helpers.drain(session)
    assert reaction_names(day, ts) == ["incoming_envelope"]
    session.expire_all()
    assert (filed_ticket.status, filed_ticket.first_response_at is not None) == ("in_progress", True)
    assert len(day.thread()) == 1  # not a second time where it was typed
    dana = filed_ticket.requester
    assert [row.number for row in customer_list.fetch_list_page(dana, {"q": "Coming"}).tickets] == [1]


def test_held_and_sent_now(filed_ticket, day, session, hold):
    day.say(PRIYA, "Coming.")
    press(day, "send_now")
    assert sentence(day).startswith("Goes to the customer at once in the portal")
    assert (day.thread(GLOBEX), customers_words(filed_ticket)) == (["Coming."], ["Coming."])
    publish(session)
    assert day.thread(GLOBEX) == ["Coming."]


def test_held_and_made_internal_was_never_outside(filed_ticket, day, session, hold):
    ts = day.say(PRIYA, "secretword")
    press(day, "make_internal")
    assert sentence(day) == "This is a note now. Only the team has seen it, and no email was sent."
    publish(session)
    assert (day.last().kind, day.thread(GLOBEX), customers_words(filed_ticket)) == ("note", [], [])
    assert reaction_names(day, ts) == ["lock"]


@pytest.mark.parametrize("way", ["edit", "delete"])
def test_held_and_changed_in_slack(filed_ticket, day, session, hold, way):
    ts = day.say(PRIYA, "Comming.")
    day.do(way, PRIYA, TRIAGE, ts, *(["Coming."] if way == "edit" else []))
    publish(session)
    assert day.thread(GLOBEX) == (["Coming."] if way == "edit" else [])


def test_held_on_a_ticket_that_is_closed_meanwhile_stays_a_note_and_says_so(filed_ticket, day, session, hold, team):
    day.say(PRIYA, "Coming.")
    for status in ("solved", "closed"):
        tickets.set_status(filed_ticket, status, actor=team[1])
    session.commit()
    publish(session)
    assert day.last().kind == "note" and "was not sent to the customer" in day.thread()[-1]


def test_a_channel_may_have_its_own_mode(filed_ticket, day, session, hold):
    session.query(Channel).filter_by(external_id=TRIAGE).one().undo_mode = "at_once"
    session.commit()
    day.say(PRIYA, "Coming.")
    assert day.thread(GLOBEX) == ["Coming."]


def test_without_a_window_nothing_is_held(filed_ticket, day, session, hold):
    chosen.set("undo_seconds", 0)
    session.commit()
    day.say(PRIYA, "Coming.")
    assert day.thread(GLOBEX) == ["Coming."] and sentence(day).endswith("The email to Dana Whitfield leaves now.")
