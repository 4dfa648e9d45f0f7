"""People as Slack shows them to an app: not named, behind another app, under a new id, or not to be written to."""

import pytest

from helpdesk.channels.slack import agent_accounts, member_search, members, notifications, sync
from helpdesk.channels.slack.api import directory
from helpdesk.demo import personas
from helpdesk.domain import tickets
from helpdesk.domain.administration import settings as chosen
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery
from helpdesk.models.notification import Notification
from helpdesk.models.user import User
from tests import worker_helpers
from tests.domain.slack.conftest import DANA, GLOBEX, INES, JONAS, PRIYA, UMBRA
from tests.web import page_forms

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TRIAGE = personas.TRIAGE_CHANNEL_ID


@pytest.fixture(autouse=True)
def fresh_directory():
    directory.clear_cache()
    agent_accounts.clear_look_ups()


def let_time_pass(session):
    worker_helpers.advance_time(session, 5)
    worker_helpers.drain(session)


def test_a_customer_whom_slack_does_not_name_is_heard_with_the_name_of_their_message(shared, day):
    day.workspace.state.unnamed_users.add(INES)
    day.say(INES, "It drifts.", channel=UMBRA)
    message = day.last()
    assert (message.body, message.from_team, message.author_name) == ("It drifts.", False, "Inès Moreau")
    day.say(INES, "The log.", channel=UMBRA, files=[("log.txt", b"drift")])
    assert (day.last().author_name, [each.state for each in day.last().attachments]) == ("Inès Moreau", ["stored"])
    day.do("say", INES, UMBRA, "Another thing.")
    day.press(INES, "file_message", UMBRA, ts=day.last_ephemeral(INES)["ts"])
    assert day.last().body == "Another thing."


def test_they_are_heard_too_where_the_event_was_lost(shared, day, session):
    day.workspace.state.unnamed_users.add(INES)
    day.workspace.event_faults(lost=1.0)
    day.say(INES, "The log.", channel=UMBRA, files=[("log.txt", b"drift")])
    assert day.words() == []
    session.query(Channel).update({"synced_at": None})
    session.commit()
    worker_helpers.run_job(lambda _: sync.sync_channels(), 0)
    worker_helpers.drain(session)
    assert day.words() == [("reply", "The log.")]


def test_a_colleague_whom_slack_does_not_name_is_nobody(shared, day, session, team):
    team[0].slack_user_id = PRIYA
    session.commit()
    day.workspace.state.unnamed_users.add(PRIYA)
    day.say(PRIYA, "I am an agent.")
    day.say(PRIYA, "I am a customer.", channel=UMBRA)
    assert day.words() == []


def test_what_another_app_writes_in_a_persons_name_is_not_sent_and_they_hear_of_it(shared, day):
    for who, channel, root in ((PRIYA, TRIAGE, day.root()), (INES, UMBRA, day.root(UMBRA)), (INES, UMBRA, None)):
        day.do("say_through_app", who, channel, "A machine's words.", root)
        assert "wrote this in your name" in str(day.last_ephemeral(who))
    assert day.words() == [] and len(day.workspace.ephemerals(user=INES)) == 2


def test_the_words_of_another_apps_own_bot_are_left_alone_in_silence(shared, day):
    day.workspace.state.users[PRIYA]["is_bot"] = True
    day.do("say_through_app", PRIYA, TRIAGE, "Deployed.", day.root())
    assert day.words() == [] and day.workspace.ephemerals(user=PRIYA) == []


def test_a_shared_channel_is_offered_though_slack_leaves_it_out_of_its_list(day, app):
    day.workspace.state.lists_shared_channels = False
    assert [each.is_ext_shared for each in directory.list_channels() if each.id == UMBRA] == [True]


def test_a_guest_whom_the_organization_does_not_admit_hears_of_it(filed_ticket, day):
    day.workspace.state.users[DANA]["profile"]["email"] = "dana@private.example"
    day.do("say", DANA, GLOBEX, "The oven burns.")
    assert "not known here as a customer" in str(day.last_ephemeral(DANA)) and day.words() == []


def test_an_agent_who_cannot_be_written_to_stops_no_channel(filed_ticket, day, session, team):
    team[0].slack_user_id, team[0].chat_notifications = PRIYA, "direct"
    session.commit()
    day.workspace.misbehave("chat.postMessage", "error", error="channel_not_found", channel=PRIYA)
    tickets.assign(filed_ticket, team[0], actor=team[1])
    session.commit()
    worker_helpers.drain(session)
    line = session.query(Delivery).filter_by(subject_id=team[0].id, kind="line").one()
    assert (line.state, line.reason) == ("failed", "Slack does not let the bot write to this person.")
    assert session.query(Channel).filter(Channel.blocked_reason.is_not(None)).count() == 0
    day.say(DANA, "Still burning.", channel=GLOBEX)
    assert "Still burning." in day.thread()


def test_who_is_mentioned_in_slack_is_mentioned_in_the_portal_under_the_name_there(filed_ticket, day, session, team):
    team[1].slack_user_id, team[1].name = JONAS, "Jonas of the night shift"
    session.commit()
    day.say(PRIYA, f"note: <@{JONAS}> knows this printer")
    assert day.words() == [("note", "@Jonas of the night shift knows this printer")]
    assert [each.user_id for each in session.query(Notification).filter_by(kind="mention")] == [team[1].id]


def test_a_line_without_a_thread_that_slack_refuses_stops_no_channel(filed_ticket, day, session):
    day.workspace.misbehave("chat.postMessage", "error", error="restricted_action", channel=TRIAGE)
    chosen.set("triage_channel", TRIAGE)
    assert notifications.notify_team("The mailbox cannot be read.")
    session.commit()
    worker_helpers.drain(session)
    line = session.query(Delivery).filter_by(kind="line").one()
    assert (line.state, "does not let the bot post" in line.reason) == ("pending", True)
    assert session.query(Channel).filter(Channel.blocked_reason.is_not(None)).count() == 0


def test_a_locked_thread_goes_on_below_a_new_card_and_stops_no_channel(filed_ticket, day, session):
    error = "restricted_action_thread_locked"
    day.workspace.misbehave("chat.postMessage", "error", error=error, channel=TRIAGE)
    day.say(DANA, "Still burning.", channel=GLOBEX)
    let_time_pass(session)
    assert day.thread() == ["Still burning."] and len(day.workspace.posted(TRIAGE)) == 2
    assert session.query(Channel).filter(Channel.blocked_reason.is_not(None)).count() == 0


def test_who_made_a_reply_internal_hears_that_slack_keeps_it(filed_ticket, day, session):
    error = "compliance_exports_prevent_deletion"
    day.workspace.misbehave("chat.delete", "error", error=error, channel=GLOBEX, times=None)
    day.say(PRIYA, "A slip.")
    day.press(PRIYA, "make_internal", ts=day.last_ephemeral(PRIYA)["ts"])
    let_time_pass(session)
    said = day.thread()[-1]
    assert f"<@{PRIYA}>" in said and "could not be taken away from #" in said and "keeps all messages" in said
    assert "A slip." in day.thread(GLOBEX)


def test_a_mark_that_slack_refuses_is_nobodys_failure(filed_ticket, day, session):
    day.workspace.misbehave("reactions.add", "error", error="too_many_reactions")
    day.say(PRIYA, "We are on it.")
    let_time_pass(session)
    marks = session.query(Delivery).filter_by(kind="mark").all()
    assert [(each.state, each.reason) for each in marks] == [("cancelled", "Slack takes no such reaction there.")]


def test_agents_are_linked_by_their_address_before_they_act_in_slack(day, session, team):
    jonas = day.workspace.state.users[JONAS]
    jonas["is_restricted"] = True  # a guest with an agent's address
    worker_helpers.run_job(lambda _: agent_accounts.link_agents(), 0)
    session.expire_all()
    assert [each.slack_user_id for each in team] == [PRIYA, None]
    before = day.workspace.calls["users.lookupByEmail"]
    worker_helpers.run_job(lambda _: agent_accounts.link_agents(), 0)
    assert (before, day.workspace.calls["users.lookupByEmail"]) == (2, 2)  # not looked up again at once


@pytest.mark.parametrize("is_old_id_known", [False, True])
def test_an_agent_whose_id_slack_changed_is_linked_again(filed_ticket, day, session, team, is_old_id_known):
    team[0].slack_user_id = PRIYA
    session.commit()
    known = day.workspace.state.users
    known["W0PRIYA0001"] = {**known[PRIYA], "id": "W0PRIYA0001"}
    for channel in day.workspace.state.channels.values():
        channel.members = [each.replace(PRIYA, "W0PRIYA0001") for each in channel.members]
    former = known.pop(PRIYA)
    day.say("W0PRIYA0001", "Who am I?")
    assert day.words() == []
    if is_old_id_known:
        known[PRIYA] = former
    session.rollback()
    worker_helpers.run_job(lambda _: agent_accounts.link_agents(), 0)
    day.say("W0PRIYA0001", "We are on it.")
    assert day.words() == [("reply", "We are on it.")]


def test_an_account_that_an_admin_chose_stays(day, session, team):
    members.link_member(session.get(User, team[0].id), DANA)
    session.commit()
    day.workspace.state.users[DANA]["profile"]["email"] = "other@support.northwind.example"
    worker_helpers.run_job(lambda _: agent_accounts.link_agents(), 0)
    session.expire_all()
    assert team[0].slack_user_id == DANA


def test_a_member_is_found_by_name_or_address(workspace, session, make, browser_of):
    assert [person.id for person in member_search.find_members("priya ram")] == [PRIYA]
    assert [person.id for person in member_search.find_members("JONAS@support")] == [JONAS]
    assert not member_search.find_members("  ") and not member_search.find_members("nobody-of-this-name")
    assert member_search.resolve_member_id("u0maya00001") == "u0maya00001" and member_search.resolve_member_id("") == ""
    admin, priya = browser_of(make.agent("Ada", role="admin")), make.agent("Priya Raman", email="p@elsewhere.example")
    offered = admin.get("/settings/people/slack-members?slack_user_id=priya").text
    assert f'<option value="{PRIYA}">Priya Raman · priya@support.northwind.example</option>' in offered

    def choose(text):
        page = page_forms.parse(admin.get(f"/settings/people/{priya.id}"))
        token = page.select_one("[name=csrf_token]")["value"]
        form = {
            "csrf_token": token,
            "loaded": page.select_one("form[action$='/slack'] [name=loaded]")["value"],
            "slack_user_id": text,
        }
        return admin.post(f"/settings/people/{priya.id}/slack", data=form)

    assert "Slack has no member with this name or address." in choose("nobody-of-this-name").text
    assert "Several members match: " in choose("support.northwind").text
    assert choose("priya@support.northwind.example").status_code == 303
    session.expire_all()
    assert priya.slack_user_id == PRIYA
