"""The right person hears of it: mentions in the thread, direct messages, quiet hours, and who is on call."""

from datetime import UTC, datetime, timedelta

import pytest

from helpdesk import clock
from helpdesk.channels.slack.api import directory
from helpdesk.demo import personas
from helpdesk.domain import tickets
from helpdesk.domain.administration import settings as chosen
from helpdesk.domain.notifications import choices, events
from helpdesk.domain.people import preferences
from helpdesk.domain.sla import timers
from helpdesk.models.delivery import Delivery
from helpdesk.models.sla import SlaPolicy
from helpdesk.models.user import User
from tests import worker_helpers
from tests.domain.slack.conftest import DANA, GLOBEX, JONAS, PRIYA

TRIAGE = personas.TRIAGE_CHANNEL_ID


@pytest.fixture(autouse=True)
def fresh_directory():
    directory.clear_cache()


@pytest.fixture
def agents(filed_ticket, team, session):
    """Priya and Jonas, whose accounts in Slack are known."""
    team[0].slack_user_id, team[1].slack_user_id = PRIYA, JONAS
    session.commit()
    return team


def direct(day, user) -> list[str]:
    return [each["text"] for each in day.workspace.state.direct(user).messages.values()]


def assign(session, ticket, agent, actor):
    tickets.assign(ticket, agent, actor=actor)
    session.commit()
    worker_helpers.drain(session)


def test_an_assignee_is_mentioned_in_the_teams_thread_only(filed_ticket, day, session, agents):
    assign(session, filed_ticket, agents[0], agents[1])
    assert f"<@{PRIYA}> Jonas Weber assigned #{filed_ticket.number}" in day.thread()[-1]
    assert day.thread(GLOBEX) == []
    day.say(DANA, "Still burning.", channel=GLOBEX)
    assert sum(f"<@{PRIYA}>" in text for text in day.thread()) == 1  # Slack notifies her of the thread's answers since


def test_who_takes_a_ticket_needs_no_notification_but_hears_of_the_customers_answer(filed_ticket, day, session, agents):
    day.press(PRIYA, "take_it")
    assert day.thread() == []
    day.say(DANA, "Still burning.", channel=GLOBEX)
    assert f"<@{PRIYA}> Dana Whitfield answered on #{filed_ticket.number}" in day.thread()[-1]


def test_an_agent_who_chose_direct_messages_gets_them(filed_ticket, day, session, agents):
    preferences.save_notifications(agents[0], where="direct", quiet_from="", quiet_until="")
    assign(session, filed_ticket, agents[0], agents[1])
    day.say(DANA, "Still burning.", channel=GLOBEX)
    assert ["assigned" in direct(day, PRIYA)[0], "answered" in direct(day, PRIYA)[1]] == [True, True]
    assert f"<@{PRIYA}>" not in str(day.thread())


def test_an_agent_who_chose_none_gets_none(filed_ticket, day, session, agents):
    preferences.save_notifications(agents[0], where="off", quiet_from="", quiet_until="")
    assign(session, filed_ticket, agents[0], agents[1])
    assert direct(day, PRIYA) == [] and f"<@{PRIYA}>" not in str(day.thread())


def test_in_quiet_hours_it_waits_and_holds_nothing_else(filed_ticket, day, session, agents):
    now = clock.now()
    quiet = [f"{(now + timedelta(minutes=minutes)):%H:%M}" for minutes in (-5, 30)]
    preferences.save_notifications(agents[0], where="thread", quiet_from=quiet[0], quiet_until=quiet[1])
    agents[0].time_zone = "UTC"
    assign(session, filed_ticket, agents[0], agents[1])
    day.say(JONAS, "Meanwhile.")
    assert direct(day, PRIYA) == [] and day.thread(GLOBEX) == ["Meanwhile."]
    worker_helpers.advance_time(session, 31 * 60)
    worker_helpers.drain(session)
    assert "assigned" in direct(day, PRIYA)[0]


@pytest.mark.parametrize(
    ("quiet_from", "quiet_until", "hour", "ends"),
    [(22 * 60, 7 * 60, 23, 7), (22 * 60, 7 * 60, 6, 7), (22 * 60, 7 * 60, 12, None), (60, 120, 1, 2), (5, 5, 0, None)],
)
def test_quiet_hours_cross_midnight_and_follow_the_persons_clock(quiet_from, quiet_until, hour, ends):
    person = User(time_zone="Pacific/Auckland", quiet_from=quiet_from, quiet_until=quiet_until)
    now = datetime(2026, 7, 1, hour, tzinfo=UTC) - timedelta(hours=12)  # their clock shows ``hour``
    until = choices.quiet_until(person, now)
    assert (until is None) == (ends is None)
    if until is not None:
        assert ((until + timedelta(hours=12)).hour, until > now, until - now < timedelta(days=1)) == (ends, True, True)


def test_an_urgent_ticket_that_nobody_has_mentions_those_on_call(filed_ticket, day, session, agents):
    chosen.set("on_call_group", "S0ONCALL001")
    tickets.set_priority(filed_ticket, "urgent", actor=agents[0])
    session.commit()
    worker_helpers.drain(session)
    assert "<!subteam^S0ONCALL001>" in day.thread()[-1] and day.thread(GLOBEX) == []
    assign(session, filed_ticket, agents[0], agents[1])
    day.say(DANA, "Hello?", channel=GLOBEX)
    assert sum("<!subteam^S0ONCALL001>" in text for text in day.thread()) == 1


def test_a_note_from_the_portal_notifies_those_it_names(filed_ticket, day, session, agents):
    tickets.add_note(filed_ticket, author=agents[0], body="@Jonas Weber and @priya, look at me@jonas.example")
    session.commit()
    worker_helpers.drain(session)
    assert [text for text in day.thread() if "mentioned you" in text] == [day.thread()[-1]]
    assert f"<@{JONAS}> Priya Raman mentioned you" in day.thread()[-1]


def test_names_in_notes_are_those_of_the_team(agents):
    assert events.find_mentioned("@Jonas Weber, @PRIYA!") == agents
    assert events.find_mentioned("mail@Jonas, @Jonass and @Dana") == []


def test_a_service_level_mentions_the_assignee_before_and_when_it_is_missed(filed_ticket, day, session, agents):
    session.add(SlaPolicy(priority=filed_ticket.priority, first_response=60, resolution=None))
    assign(session, filed_ticket, agents[0], agents[1])
    timers.recalculate()
    session.commit()
    for minutes in (50, 15, 1):
        worker_helpers.advance_time(session, minutes * 60)
        worker_helpers.run_job(lambda _: (timers.notify_due_soon(), session.commit()), 0)
        session.commit()
        worker_helpers.drain(session)
    warnings = [text for text in day.thread() if "first response" in text]
    assert [f"<@{PRIYA}>" in text for text in warnings] == [True, True]
    assert "is due in" in warnings[0] and "is overdue" in warnings[1]


def test_a_delivery_that_failed_notifies_the_author(filed_ticket, day, session, agents):
    day.session.rollback()
    day.workspace.misbehave("chat.postMessage", "error", error="no_text", times=None, channel=GLOBEX)
    day.say(PRIYA, "Coming.")
    assert session.query(Delivery).filter_by(state="failed").count() == 1
    worker_helpers.drain(session)
    assert f"<@{PRIYA}>" in day.thread()[-1] and "did not reach #c0globex001" in day.thread()[-1]


@pytest.mark.parametrize("values", [("phone", "", ""), ("direct", "22:00", ""), ("direct", "25:00", "07:00")])
def test_impossible_choices_are_refused(agents, values):
    from helpdesk.domain.errors import ValidationError

    with pytest.raises(ValidationError):
        preferences.save_notifications(agents[0], where=values[0], quiet_from=values[1], quiet_until=values[2])
