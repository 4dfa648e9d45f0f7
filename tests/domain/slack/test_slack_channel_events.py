"""Changes of channels, cards and events: shown in plain texts, nothing lost, all in order once repaired."""

from datetime import timedelta

import pytest

from helpdesk.channels.slack import channels, sync
from helpdesk.channels.slack.api import directory
from helpdesk.demo import personas
from helpdesk.domain import inbox, outbox, tickets
from helpdesk.domain.administration import settings as chosen
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.tickets import merging
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.organization import Organization
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from tests import worker_helpers
from tests.domain.slack.conftest import DANA, ELLEN, GLOBEX, INES, JONAS, PRIYA, UMBRA


def channel(session, external_id=personas.TRIAGE_CHANNEL_ID):
    session.expire_all()
    return session.query(Channel).filter_by(external_id=external_id).one()


def reconcile(session):
    """A turn of the reconciler, as if the last one were long ago, and what follows from it."""
    for each in session.query(Channel):
        each.synced_at = None
    session.commit()
    found = worker_helpers.run_job(lambda _: sync.sync_channels(), 0)
    worker_helpers.drain(session)
    return found


def reply(session, ticket, *words):
    for word in words:
        tickets.reply(ticket, author=ticket.requester, body=word)
    session.commit()
    worker_helpers.drain(session)


def test_an_archived_channel_says_so_and_goes_on_in_order_when_it_is_back(filed_ticket, day, session):
    day.do("archive", personas.TRIAGE_CHANNEL_ID)
    reply(session, filed_ticket, "one", "two")
    assert channel(session).blocked_reason == "The Slack channel is archived."
    day.do("unarchive", personas.TRIAGE_CHANNEL_ID)
    worker_helpers.drain(session)
    assert (channel(session).blocked_reason, day.thread()) == (None, ["one", "two"])


def test_a_bot_that_was_removed_and_invited_again(filed_ticket, day, session):
    day.workspace.state.channels[personas.TRIAGE_CHANNEL_ID].private = True
    day.do("kick", personas.TRIAGE_CHANNEL_ID, personas.BOT_USER_ID)
    assert "/invite" in channel(session).blocked_reason
    reply(session, filed_ticket, "one")
    assert channel(session).blocked_reason and day.thread() == []
    day.do("invite", personas.TRIAGE_CHANNEL_ID, personas.BOT_USER_ID)
    worker_helpers.drain(session)
    assert (channel(session).blocked_reason, day.thread()) == (None, ["one"])


def test_a_revoked_token_blocks_everything_visibly_and_loses_nothing(filed_ticket, day, session):
    day.workspace.revoke()
    reply(session, filed_ticket, "one", "two")
    assert "token was revoked" in channel(session).blocked_reason
    day.workspace.unrevoke()
    worker_helpers.advance_time(session)
    worker_helpers.drain(session)
    assert (channel(session).blocked_reason, day.thread(), day.thread(GLOBEX)) == (None, ["one", "two"], ["one", "two"])


def event(day, kind, **more):
    day.session.rollback()
    day.workspace.events.announce(day.workspace.state.channels[personas.TRIAGE_CHANNEL_ID], {"type": kind, **more})
    day.work()


def test_a_new_name_a_new_picture_and_an_uninstalled_app(filed_ticket, day, session):
    event(day, "channel_rename", channel={"id": GLOBEX, "name": "globex-support"})
    assert channel(session, GLOBEX).name == "globex-support"
    day.say(PRIYA, "Hello.")
    session.query(User).filter_by(slack_user_id=PRIYA).one().picture_url = None
    session.commit()
    event(day, "user_change", user={"id": PRIYA})
    assert session.query(User).filter_by(slack_user_id=PRIYA).one().picture_url.endswith(f"{PRIYA}.svg")
    worker_helpers.advance_time(session)
    worker_helpers.drain(
        session
    )  # the card's new state, due a moment after the reply: where it can be put, the channel is not blocked
    event(day, "app_uninstalled")
    assert "Install the app again" in channel(session).blocked_reason


def test_a_customers_channel_that_is_shared_follows_the_rules_for_that(filed_ticket, day, session):
    day.workspace.state.channels[GLOBEX].shared_with = "T0UMBRALABS"
    event(day, "channel_shared", channel=GLOBEX)
    assert channel(session, GLOBEX).is_shared
    tickets.set_priority(filed_ticket, "high", actor=session.query(User).filter_by(name="Priya Raman").one())
    session.commit()
    worker_helpers.advance_time(session, 1)
    worker_helpers.drain(session)
    assert "take_it" not in str(day.workspace.posted(GLOBEX))


def test_a_team_channel_that_is_shared_falls_silent_until_it_is_ours_again(filed_ticket, day, session, team):
    day.workspace.state.channels[personas.TRIAGE_CHANNEL_ID].shared_with = "T0UMBRALABS"
    event(day, "channel_shared", channel=personas.TRIAGE_CHANNEL_ID)
    tickets.add_note(filed_ticket, author=team[0], body="secretword")
    session.commit()
    worker_helpers.advance_time(session)
    worker_helpers.drain(session)
    assert "shared with another company" in channel(session).blocked_reason
    assert "secretword" not in str(day.workspace.state.channels[personas.TRIAGE_CHANNEL_ID].messages)
    day.workspace.state.channels[personas.TRIAGE_CHANNEL_ID].shared_with = ""
    event(day, "channel_unshared", channel=personas.TRIAGE_CHANNEL_ID)
    worker_helpers.drain(session)
    assert channel(session).blocked_reason is None and "secretword" in day.thread()[-1]


def test_a_deleted_card_comes_back_once_with_a_word_about_it_and_what_waited_follows_in_order(
    filed_ticket, day, session
):
    old = day.root()
    day.do("delete", "U0MAYA00001", personas.TRIAGE_CHANNEL_ID, old)
    reply(session, filed_ticket, "one", "two")
    for _ in range(3):
        worker_helpers.advance_time(session)
        worker_helpers.drain(session)
    [card] = day.workspace.posted(personas.TRIAGE_CHANNEL_ID)
    assert card["ts"] != old and "takes the place of one that was deleted" in str(card)
    assert day.thread() == ["one", "two"] and day.thread(GLOBEX) == ["one", "two"]
    day.say(PRIYA, "Here now.")
    assert day.words()[-1] == ("reply", "Here now.")
    worker_helpers.advance_time(session)
    worker_helpers.drain(session)
    assert session.query(Delivery).filter(Delivery.state.not_in(("sent", "cancelled"))).count() == 0


def test_a_card_deleted_from_above_its_thread_keeps_the_old_thread_alive(filed_ticket, day, session):
    reply(session, filed_ticket, "one")
    old = day.root()
    day.do("delete", "U0MAYA00001", personas.TRIAGE_CHANNEL_ID, old)
    tickets.set_priority(filed_ticket, "high", actor=session.query(User).filter_by(name="Priya Raman").one())
    session.commit()
    for _ in range(2):
        worker_helpers.advance_time(session)
        worker_helpers.drain(session)
    assert day.root() != old
    day.session.rollback()
    day.workspace.say(PRIYA, personas.TRIAGE_CHANNEL_ID, "From the old thread.", thread_ts=old)
    day.work()
    assert day.words()[-1] == ("reply", "From the old thread.")
    assert day.thread(root=day.root())[-1] == "From the old thread."


def test_an_ended_thread_says_that_nothing_was_sent(filed_ticket, day, session):
    for thread in session.query(Thread).join(Channel).filter(Channel.kind == "slack"):
        thread.ended_at = filed_ticket.created_at
    session.commit()
    day.say(PRIYA, "Anybody?")
    assert day.words() == [] and "no longer belongs" in day.ephemeral_texts(PRIYA)


def test_a_turn_of_the_reconciler_takes_in_what_was_missed_once(filed_ticket, day, session):
    ts = day.say(PRIYA, "wrongword")
    day.say(ELLEN, "Not an agent.")
    day.workspace.event_faults(lost=1)
    day.say(PRIYA, "note: missed one")
    day.say(DANA, "missed two", channel=GLOBEX)
    day.do("edit", PRIYA, personas.TRIAGE_CHANNEL_ID, ts, "rightword")
    assert len(day.words()) == 1
    assert reconcile(session) == 3
    assert sorted(day.words()) == [("note", "missed one"), ("reply", "missed two"), ("reply", "rightword")]
    assert day.thread(GLOBEX) == ["rightword", "missed two"]
    ephemerals_before = len(day.workspace.ephemerals(user=ELLEN))
    for _ in range(2):
        assert reconcile(session) == 0
    assert len(day.words()) == 3 and len(day.workspace.ephemerals(user=ELLEN)) == ephemerals_before


def test_an_event_that_comes_after_all_changes_nothing(filed_ticket, day, session):
    url = day.workspace.events.url
    day.disconnect()
    day.say(PRIYA, "late event")
    assert reconcile(session) == 1
    late = [
        attempt.body for attempt in day.workspace.events.log if "late event" in str(attempt.body["event"].get("text"))
    ]
    for payload in late:
        inbox.store_event("slack", payload["event_id"], payload)
    session.commit()
    worker_helpers.drain(session)
    assert day.words() == [("reply", "late event")]
    day.workspace.events.url = url


def test_what_vanished_without_an_event_stays(filed_ticket, day, session):
    """A workspace's retention deletes without any event; so nothing is taken for deleted that merely is not there."""
    ts = day.say(PRIYA, "keptword")
    day.workspace.event_faults(lost=1)
    day.do("delete", PRIYA, personas.TRIAGE_CHANNEL_ID, ts)
    assert reconcile(session) == 0
    assert day.words() == [("reply", "keptword")] and "keptword" in str(day.thread(GLOBEX))


def test_a_new_word_below_an_old_ticket_is_found_by_its_card(filed_ticket, day, session):
    session.get(Ticket, filed_ticket.id).updated_at -= timedelta(days=20)
    session.commit()
    day.workspace.event_faults(lost=1)
    day.say(DANA, "Still there?", channel=GLOBEX)
    assert reconcile(session) == 1
    assert day.words() == [("reply", "Still there?")]


def test_the_reconciler_asks_little_keeps_channels_true_and_gives_way_to_a_limit(filed_ticket, day, session):
    channel(session, GLOBEX).name = "old"
    session.commit()
    day.workspace.calls.clear()
    reconcile(session)
    assert channel(session, GLOBEX).name == "globex"
    assert day.workspace.calls["conversations.replies"] <= 2 and day.workspace.calls["conversations.history"] == 2
    assert worker_helpers.run_job(lambda _: sync.sync_channels(), 0) == 0
    assert day.workspace.calls["conversations.history"] == 2  # not again within its time
    day.workspace.misbehave("conversations.history", "ratelimited", times=1)
    assert reconcile(session) == 0


def test_binding_and_letting_go_of_channels(day, session, make):
    globex, initech = make.organization("Globex"), make.organization("Initech")
    actor = make.agent("Maya", role="admin")
    for given, sentence in (("C0NOWHERE99", "not know"), ("nonsense", "no Slack channel id")):
        with pytest.raises(ValidationError, match=sentence):
            channels.fetch_channel(given)
    with pytest.raises(ValidationError, match="shared with another company"):
        channels.set_triage_channel(channels.fetch_channel(UMBRA), actor=actor)
    made = channels.bind_channel(channels.fetch_channel(UMBRA), session.get(Organization, globex.id), actor=actor)
    session.commit()
    assert (made.audience, made.is_shared, made.name, made.is_default) == ("customer", True, "umbra-labs", True)
    known = channels.fetch_channel(UMBRA)
    with pytest.raises(ConflictError, match="Globex"):
        channels.bind_channel(known, session.get(Organization, initech.id), actor=actor)
    with pytest.raises(ConflictError, match="Globex"):
        channels.set_triage_channel(directory.ChannelInfo(UMBRA, "umbra-labs"), actor=actor)
    session.rollback()
    triage = channels.set_triage_channel(
        channels.fetch_channel(personas.TRIAGE_CHANNEL_ID), actor=actor, internal_by_default=True
    )
    session.commit()
    assert (triage.audience, triage.internal_by_default, chosen.get("triage_channel")) == (
        "team",
        True,
        personas.TRIAGE_CHANNEL_ID,
    )
    assert [check.ok for check in channels.run_diagnostics()].count(False) == 0
    channels.unbind_channel(channels.find_channel(UMBRA), actor=actor)
    session.commit()
    assert [each.external_id for each in channels.list_channels()] == [personas.TRIAGE_CHANNEL_ID]


def test_a_channel_first_seen_as_shared_by_the_reconciler_takes_its_external_users(make, team, day, session):
    umbra = make.organization("Umbra Labs", domain="umbralabs.example", slack=UMBRA)
    make.ticket(make.user(umbra, "Theo"))
    worker_helpers.drain(session)
    reconcile(session)
    day.say(INES, "It drifts.", channel=UMBRA)
    assert day.words() == [("reply", "It drifts.")]


def test_words_in_a_merged_tickets_thread_reach_the_living_one(filed_ticket, day, session, make, team):
    other = make.ticket(filed_ticket.requester, subject="The same fire")
    worker_helpers.drain(session)
    merging.merge_tickets(session.get(Ticket, filed_ticket.id), other, actor=team[0])
    session.commit()
    worker_helpers.drain(session)
    first = day.workspace.posted(personas.TRIAGE_CHANNEL_ID)[0]["ts"]
    session.rollback()
    day.workspace.say(JONAS, personas.TRIAGE_CHANNEL_ID, "To both.", thread_ts=first)
    day.work()
    assert day.last().ticket_id == other.id


def test_what_the_workspace_says_elsewhere_is_not_even_looked_up(filed_ticket, day, session):
    day.workspace.calls.clear()
    day.do(
        "say",
        ELLEN,
        personas.TRIAGE_CHANNEL_ID,
        f"Hi <@{JONAS}>",
    )
    assert day.workspace.calls["users.info"] == 0
    assert session.query(InboundEvent).order_by(InboundEvent.id.desc()).first().state == "ignored"
    assert outbox.list_due(1) == []
