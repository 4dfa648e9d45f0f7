"""Whose Slack messages reach whom, and whose never do."""

import pytest

from helpdesk.channels.slack import channels
from helpdesk.channels.slack.api import directory
from helpdesk.demo import personas
from helpdesk.demo.slack_workspace import message_store
from helpdesk.domain import outbox, tickets
from helpdesk.domain.administration import settings as chosen
from helpdesk.domain.tickets import transfer
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery
from helpdesk.models.message import Message
from helpdesk.models.reaction import Reaction
from helpdesk.models.user import User
from tests import worker_helpers
from tests.domain.slack.conftest import DANA, ELLEN, GLOBEX, INES, JONAS, MAYA, PRIYA, RAFAEL, UMBRA


def test_an_agents_words_reach_the_customers_thread_under_their_own_name_and_face(filed_ticket, day, session):
    day.say(PRIYA, "We are *on it*.")
    [copy] = day.workspace.replies(GLOBEX, day.root(GLOBEX))[1:]
    assert (copy["username"], copy["text"]) == ("Priya Raman", "We are *on it*.")
    assert copy["icons"]["image_48"].endswith(f"{PRIYA}.svg")
    assert session.query(User).filter_by(slack_user_id=PRIYA).one().picture_url


def test_a_note_stays_with_the_team_and_a_marked_reply_wins_over_the_channels_default(filed_ticket, day, session):
    day.say(PRIYA, "note: they never paid")
    day.say(PRIYA, "🔒 nor did their parent company")
    session.query(Channel).filter_by(external_id=personas.TRIAGE_CHANNEL_ID).one().internal_by_default = True
    session.commit()
    day.say(PRIYA, "only between us")
    day.say(PRIYA, "reply: hello Dana")
    assert [kind for kind, _ in day.words()] == ["note", "note", "note", "reply"]
    assert day.thread(GLOBEX) == ["hello Dana"]


def test_a_note_typed_where_customers_read_is_kept_and_its_author_learns_who_has_seen_it(filed_ticket, day):
    day.do("invite", GLOBEX, PRIYA)
    day.say(PRIYA, "note: careful with this one", channel=GLOBEX)
    assert day.words() == [("note", "careful with this one")]
    assert "has already seen it" in day.ephemeral_texts(PRIYA)


def test_the_promise_names_the_readers_and_says_so_also_without_an_undo_window(filed_ticket, day, session):
    chosen.set("undo_seconds", 0)
    session.commit()
    day.say(PRIYA, "Hello.")
    assert "Dana Whitfield" in day.ephemeral_texts(PRIYA) and "Make internal" not in day.ephemeral_texts(PRIYA)


@pytest.mark.parametrize("who, channel", [(ELLEN, personas.TRIAGE_CHANNEL_ID), (ELLEN, GLOBEX), (RAFAEL, GLOBEX)])
def test_colleagues_and_guests_whose_address_is_not_admitted_learn_that_nothing_was_sent(
    filed_ticket, day, who, channel
):
    for channel_id in (personas.TRIAGE_CHANNEL_ID, GLOBEX):
        if who not in day.workspace.state.channels[channel_id].members:
            day.do("invite", channel_id, who)
    day.say(who, "I think it is fine.", channel=channel)
    assert day.words() == []
    assert "was not sent" in day.ephemeral_texts(who)


def test_a_guest_of_the_customer_writes_as_themselves_but_never_from_the_teams_channel(filed_ticket, day):
    day.say(DANA, "note: it still burns", channel=GLOBEX)
    assert (day.last().body, day.last().author.email, day.last().kind) == (
        "note: it still burns",
        "dana@globex.example",
        "reply",
    )
    assert "it still burns" in day.thread()[-1]
    day.do("invite", personas.TRIAGE_CHANNEL_ID, DANA)
    day.say(DANA, "And from here?", channel=personas.TRIAGE_CHANNEL_ID)
    assert len(day.words()) == 1


def test_people_of_the_other_workspace_write_as_customers_in_their_own_channel_only(shared, day, session):
    day.say(INES, "It drifts to the left.", channel=UMBRA)
    message = day.last()
    assert (message.author_display_name, message.from_team, message.author) == ("Inès Moreau", False, None)
    assert message.author_picture_url.endswith(f"{INES}.svg")
    [copy] = day.workspace.replies(personas.TRIAGE_CHANNEL_ID, day.root())[1:]
    assert copy["username"] == "Inès Moreau (Umbra Labs)"
    day.workspace.state.channels[UMBRA].shared_with = ""
    session.query(Channel).filter_by(external_id=UMBRA).one().is_shared = False
    session.commit()
    directory.clear_cache()
    day.say(INES, "note: hidden?", channel=UMBRA)
    assert len(day.words()) == 1


def test_somebody_of_the_other_workspace_with_an_admitted_address_writes_as_that_user(shared, day, make, session):
    theo = shared.requester
    day.workspace.state.users[INES]["profile"]["email"] = theo.email.title()
    day.say(INES, "It drifts.", channel=UMBRA)
    assert day.last().author == theo


def test_a_channel_whose_organization_is_not_the_tickets_takes_nothing(filed_ticket, day, session, make):
    other = make.organization("Initech", domain="initech.example")
    session.query(Channel).filter_by(external_id=GLOBEX).one().organization_id = other.id
    session.commit()
    day.say(DANA, "Whose is this?", channel=GLOBEX)
    assert day.words() == []


def test_a_deactivated_or_demoted_agent_is_nobody(filed_ticket, day, session, team):
    day.say(PRIYA, "First.")
    session.get(User, team[0].id).deactivated_at = team[0].created_at
    session.commit()
    day.say(PRIYA, "Second.")
    assert [body for _, body in day.words()] == ["First."]
    assert "was not sent" in day.ephemeral_texts(PRIYA)


def test_a_customer_who_answers_on_a_closed_ticket_files_its_follow_up_once(filed_ticket, day, session, team):
    for status in ("solved", "closed"):
        tickets.set_status(filed_ticket, status, actor=team[0])
    session.commit()
    day.say(DANA, "It burns again.", channel=GLOBEX)
    day.work()
    session.expire_all()
    assert (day.last().ticket.follows_id, day.last().body) == (filed_ticket.id, "It burns again.")
    assert f"#{day.last().ticket_id}" in day.ephemeral_texts(DANA)


def test_what_became_a_follow_up_is_edited_and_deleted_from_slack_while_its_ticket_is_the_customers(
    filed_ticket, day, session, team, make
):
    for status in ("solved", "closed"):
        tickets.set_status(filed_ticket, status, actor=team[0])
    session.commit()
    ts = day.say(DANA, "It burns again.", channel=GLOBEX)
    day.do("edit", DANA, GLOBEX, ts, "It burns in room 5.")
    assert day.words() == [("reply", "It burns in room 5.")]
    assert day.ephemeral_texts(DANA).count("became the new ticket") == 2  # one sentence, as text and as block
    assert [event.kind for event in filed_ticket.events].count("followed_up") == 1
    new = day.last().ticket
    initech = make.organization("Initech", domain="initech.example")
    transfer.transfer_ticket(new, initech, requester=make.user(initech), actor=team[0])
    session.commit()
    day.do("edit", DANA, GLOBEX, ts, "Read by Initech?")
    day.do("react", DANA, GLOBEX, ts, "tada")
    day.do("delete", DANA, GLOBEX, ts)
    assert (day.last().body, day.last().deleted_at) == ("It burns in room 5.", None)
    assert session.query(Reaction).count() == 0


def test_an_agent_on_a_closed_ticket_learns_why_not(filed_ticket, day, session, team):
    for status in ("solved", "closed"):
        tickets.set_status(filed_ticket, status, actor=team[0])
    session.commit()
    day.say(PRIYA, "One more thing.")
    assert day.words() == [] and "closed" in day.ephemeral_texts(PRIYA)


def test_the_first_to_answer_is_assigned(filed_ticket, day, session):
    day.say(JONAS, "Hello.")
    session.refresh(filed_ticket)
    assert filed_ticket.assignee.name == "Jonas Weber"


@pytest.mark.parametrize("state", ["pending", "unknown", "failed", "on_hold", "sending"])
def test_no_state_and_no_retry_puts_a_note_where_customers_read(filed_ticket, session, workspace, team, state):
    """Rows that should never exist are made by force; still nothing of the note may leave."""
    note = tickets.add_note(filed_ticket, author=team[0], body="secretword")
    thread = next(thread for thread in filed_ticket.threads if thread.channel.external_id == GLOBEX)
    rows = [
        outbox.enqueue_delivery(thread, "message", message=note, text="secretword"),
        outbox.enqueue_delivery(thread, "edit", message=note, text="secretword", revision=2),
        outbox.enqueue_delivery(thread, "message", message=note, text="secretword", part=2),
    ]
    for row in rows:
        row.state = state
        if state in ("unknown", "sending"):
            row.possibly_sent_since = row.started_at = row.lease_until = note.created_at
    session.commit()
    worker_helpers.run_job(lambda _: outbox.release_expired_leases(), 0)
    for row in rows:
        if row.state in ("failed", "on_hold"):
            outbox.retry_delivery(row, actor=team[0])
    session.commit()
    for _ in range(4):
        worker_helpers.advance_time(session)
        worker_helpers.drain(session)
    everything = str(workspace.state.channels[GLOBEX].messages)
    assert "secretword" not in everything
    assert {row.state for row in session.query(Delivery).filter(Delivery.id.in_([row.id for row in rows]))} == {
        "cancelled"
    }


def test_no_verb_brings_a_note_or_its_file_out(filed_ticket, day, session, team, workspace):
    day.say(PRIYA, "note: secretword", files=[("secretfile.txt", b"inside", "text/plain")])
    note = day.last()
    for verb in (
        lambda: tickets.edit_message(note, editor=team[0], body="secretword, edited"),
        lambda: tickets.convert_to_note(note, editor=team[0]),
        lambda: tickets.edit_message(note, editor=team[0], body="secretword " * 2000),
        lambda: tickets.assign(filed_ticket, team[1], actor=team[0]),
        lambda: tickets.delete_message(note, editor=team[0]),
    ):
        verb()
        session.commit()
        worker_helpers.drain(session)
    assert "secret" not in str(workspace.state.channels[GLOBEX].messages)


def test_a_reply_made_a_note_before_it_left_never_leaves_and_one_that_left_is_taken_back(
    filed_ticket, day, session, team
):
    day.session.rollback()
    workspace = day.workspace
    workspace.misbehave("chat.postMessage", "ratelimited", times=1, channel=GLOBEX, retry_after=30)
    day.say(PRIYA, "secretword one", files=[("secret.txt", b"inside", "text/plain")])
    tickets.convert_to_note(session.get(Message, day.last().id), editor=team[0])
    session.commit()
    day.say(PRIYA, "secretword two")
    tickets.convert_to_note(session.get(Message, day.last().id), editor=team[0])
    session.query(Channel).filter_by(external_id=GLOBEX).one().paused_until = None
    session.commit()
    for _ in range(3):
        worker_helpers.advance_time(session, 60)
        worker_helpers.drain(session)
    assert day.thread(GLOBEX) == []
    assert session.query(Delivery).filter(Delivery.state.in_(("pending", "unknown", "failed"))).count() == 0


def test_internal_by_default_is_refused_where_customers_read(filed_ticket, session):
    from helpdesk.domain.errors import ValidationError

    with pytest.raises(ValidationError, match="Customers read"):
        channels.set_internal_by_default(session.query(Channel).filter_by(external_id=GLOBEX).one(), True, actor=None)


def test_maya_is_no_agent_until_she_has_an_account_with_a_proven_address(filed_ticket, day, make):
    day.say(MAYA, "Let me.")
    assert day.words() == []
    make.agent("Maya", email="maya@support.northwind.example", role="admin")
    day.say(MAYA, "Now.")
    assert day.words() == [("reply", "Now.")]


@pytest.mark.parametrize("user", [DANA, PRIYA])
def test_edits_in_the_same_second_are_all_applied_in_their_order(filed_ticket, day, user, monkeypatch):
    """Slack's time of an edit has whole seconds (sample events/MessageChangedPayload.json)."""
    monkeypatch.setattr(message_store, "edit_time", lambda: "2000000000.000000")
    ts = day.say(user, "note: one" if user == DANA else "one", channel=GLOBEX)
    for text in ("two", "three", "two", "four"):
        day.do("edit", user, GLOBEX, ts, text)
        assert (day.last().body, day.thread()[-1]) == (text, text)


def test_an_edit_that_comes_as_two_events_is_not_applied_over_the_next_of_its_second(
    filed_ticket, day, session, monkeypatch
):
    monkeypatch.setattr(message_store, "edit_time", lambda: "2000000000.000000")
    ts = day.say(DANA, "one", channel=GLOBEX)
    day.workspace.event_faults(renamed=1.0)
    for text in ("two", "three", "four"):
        day.do("edit", DANA, GLOBEX, ts, text)
    assert day.last().body == "four"
    assert [each.body for each in day.last().revisions] == ["one", "two", "three"]
