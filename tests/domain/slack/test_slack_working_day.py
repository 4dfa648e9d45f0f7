"""Work a day in Slack: the command and the home page with buttons, answers by a form, forms of any size, and limits."""

import pytest

from helpdesk.channels.slack import sync
from helpdesk.channels.slack.api import client, directory, rate_limits
from helpdesk.demo import personas
from helpdesk.domain.sla import timers
from helpdesk.domain.tickets import canned_replies
from helpdesk.models.channel import Channel
from helpdesk.models.form import Answer
from helpdesk.models.organization import Organization
from helpdesk.models.sla import SlaPolicy
from helpdesk.models.ticket import Ticket
from tests import worker_helpers
from tests.domain.slack.conftest import GLOBEX, PRIYA

TRIAGE = personas.TRIAGE_CHANNEL_ID


@pytest.fixture(autouse=True)
def fresh_directory():
    directory.clear_cache()
    rate_limits.clear()
    yield
    rate_limits.clear()


def fresh(session, ticket) -> Ticket:
    session.expire_all()
    return session.get(Ticket, ticket.id)


def command(day, text) -> dict:
    day.do("command", PRIYA, TRIAGE, "/ticket", text)
    return day.last_ephemeral(PRIYA)


def test_one_ticket_is_a_card_with_buttons_that_work(filed_ticket, day, session, team):
    card = command(day, str(filed_ticket.number))
    shown = str(card["blocks"]) + str(card["attachments"])
    assert all(word in shown for word in ("Take it", "Reply", "Edit", "Solve", "Priority", "its thread"))
    day.press(PRIYA, "take_it", ts=card["ts"])
    assert fresh(session, filed_ticket).assignee.name == "Priya Raman"
    assert f"#{filed_ticket.number} is yours." in day.ephemeral_texts(PRIYA)


def test_lists_name_priority_service_level_assignee_and_thread(filed_ticket, day, session, team):
    session.add(SlaPolicy(priority=filed_ticket.priority, first_response=60, resolution=None))
    timers.recalculate()
    session.commit()
    row = str(command(day, "open")["blocks"])
    assert all(
        word in row for word in ("Normal priority", "first response due in", "nobody yet", "/archives/C0TRIAGE001/p")
    )
    day.press(PRIYA, "solve", ts=day.last_ephemeral(PRIYA)["ts"])
    assert fresh(session, filed_ticket).status == "solved"


def test_the_home_page_has_buttons_that_work(filed_ticket, day, session, team):
    day.do("home", PRIYA)
    view = day.workspace.home_view(PRIYA)
    assert "Normal priority" in str(view) and "/archives/C0TRIAGE001/p" in str(view)
    day.do("press_view", PRIYA, view["id"], "take_it")
    assert fresh(session, filed_ticket).assignee.name == "Priya Raman"
    day.do("press_view", PRIYA, view["id"], "reply")
    assert day.workspace.modal(PRIYA)["callback_id"] == "reply_ticket"


def test_the_form_reply_takes_a_canned_reply_and_sets_the_status(filed_ticket, day, session, team):
    team[0].role = "lead"
    canned_replies.save_reply(
        None,
        title="Ask for a log",
        body="Dear {{ first_name }}, the log please.",
        actor=team[0],
        shared=True,
        status="pending",
    )
    session.commit()
    day.press(PRIYA, "reply")
    modal = day.workspace.modal(PRIYA)
    [option] = next(each for each in modal["blocks"] if each["block_id"] == "canned")["element"]["options"]
    day.do("press_view", PRIYA, modal["id"], "choose_canned", option["value"])
    modal = day.workspace.modal(PRIYA)
    body = next(each for each in modal["blocks"] if each["block_id"] == "body")["element"]
    assert body["initial_value"] == "Dear Dana, the log please."
    assert day.do("submit", PRIYA, {}) == {}
    assert (day.words(), fresh(session, filed_ticket).status) == ([("reply", "Dear Dana, the log please.")], "pending")
    assert "Make internal" in day.ephemeral_texts(PRIYA)
    worker_helpers.advance_time(session, 30)
    worker_helpers.drain(session)
    assert day.thread(GLOBEX) == ["Dear Dana, the log please."]


def test_the_form_reply_applies_all_that_a_macro_sets_even_without_words(filed_ticket, day, session, team):
    team[0].role = "lead"
    canned_replies.save_reply(
        None, title="Escalate", body="", actor=team[0], shared=True, priority="urgent", assignee="me"
    )
    session.commit()
    day.press(PRIYA, "reply")
    modal = day.workspace.modal(PRIYA)
    [option] = next(each for each in modal["blocks"] if each["block_id"] == "canned")["element"]["options"]
    day.do("press_view", PRIYA, modal["id"], "choose_canned", option["value"])
    assert day.do("submit", PRIYA, {}) == {}
    ticket = fresh(session, filed_ticket)
    assert (ticket.priority, ticket.assignee.name, ticket.status) == ("urgent", "Priya Raman", "open")
    assert day.words() == []


def test_the_form_reply_writes_notes_and_refuses_nothing_to_say(filed_ticket, day, session, team):
    day.press(PRIYA, "reply")
    body = next(each for each in day.workspace.modal(PRIYA)["blocks"] if each["block_id"] == "body")
    assert "body" in day.workspace.submit(PRIYA, {})["errors"]
    given = {"body": {body["element"]["action_id"]: "between us"}, "kind": {"value": "note"}}
    assert day.do("submit", PRIYA, given) == {}
    assert day.words() == [("note", "between us")] and day.thread(GLOBEX) == []


@pytest.fixture
def formed(make, session, team):
    """A ticket of Globex with a form: a long text, and a choice among very long options."""
    options = [f"{'x' * 190} {number}" for number in range(3)]
    form = make.form(
        "default",
        (
            {"key": "log", "label": "Log", "kind": "long_text"},
            {"key": "oven", "label": "Oven", "kind": "select", "options": options},
        ),
    )
    globex = make.organization("Globex", domain="globex.example", slack=GLOBEX)
    ticket = make.ticket(make.user(globex, "Dana Whitfield", email="dana@globex.example"), form=form)
    log, oven = form.fields
    held = {"ticket_id": ticket.id, "organization_id": globex.id}
    session.add(Answer(**held, field_id=log.id, value="y" * 9263, text="y" * 9263))
    session.add(Answer(**held, field_id=oven.id, value=options[1], text=options[1]))
    session.commit()
    worker_helpers.drain(session)
    return ticket


def test_edit_never_cuts_an_answer_and_opens_with_any_option(formed, day, session):
    day.press(PRIYA, "edit")
    modal = day.workspace.modal(PRIYA)
    blocks = {each["block_id"]: each for each in modal["blocks"]}
    assert "field-log" not in blocks and "“Log” is changed on the web" in str(modal["blocks"])
    chosen = blocks["field-oven"]["element"]
    assert chosen["initial_option"] in chosen["options"]
    other = next(each for each in chosen["options"] if each != chosen["initial_option"])
    assert day.do("submit", PRIYA, {"field-oven": {"value": other["value"]}, "priority": {"value": "high"}}) == {}
    session.expire_all()
    answers = {each.field.key: each.value for each in session.query(Answer)}
    assert len(answers["log"]) == 9263 and answers["oven"] == "x" * 190 + " 0"
    assert fresh(session, formed).priority == "high"


def test_among_thousands_of_organizations_one_is_found_by_typing(filed_ticket, day, session, team):
    session.add_all(Organization(name=f"Company {number:04}", slug=f"company-{number}") for number in range(2500))
    session.commit()
    day.do("command", PRIYA, TRIAGE, "/ticket", "create The roof leaks")
    modal = day.workspace.modal(PRIYA)
    element = modal["blocks"][0]["element"]
    assert element["type"] == "external_select" and len(str(modal)) < 20_000
    ask = day.workspace.interactivity.suggestions
    found = ask(PRIYA, modal, "organization", "value", "company 17")
    assert len(found) == 100 and found[0]["text"]["text"] == "Company 1700"
    session.add(Organization(name="Müller & Söhne", slug="mueller"))
    session.commit()
    assert [each["text"]["text"] for each in ask(PRIYA, modal, "organization", "value", "muller")] == ["Müller & Söhne"]
    assert ask("U0ELLEN0001", modal, "organization", "value", "company") == []
    [one] = ask(PRIYA, modal, "organization", "value", "Company 1234")
    assert day.do("submit", PRIYA, {"organization": {"value": one}, "body": {"value": "It does."}}) == {}
    assert session.query(Ticket).order_by(Ticket.id.desc()).first().organization.name == "Company 1234"


def test_a_limit_of_reactions_holds_no_reply(filed_ticket, day, session, team):
    day.workspace.misbehave("reactions.add", "ratelimited", times=None, retry_after=60)
    day.say(PRIYA, "one")
    day.say(PRIYA, "two")
    assert day.thread(GLOBEX) == ["one", "two"]
    worker_helpers.advance_time(session, 2)  # reactions wait behind the update of the card
    worker_helpers.drain(session)
    assert session.query(Channel).filter(Channel.paused_until.is_not(None)).count() == 0
    assert day.workspace.calls["reactions.add"] == 1  # Slack was asked once, then left alone as it said
    day.workspace.behave()
    worker_helpers.advance_time(session, 61)
    worker_helpers.drain(session)
    assert day.workspace.calls["reactions.add"] >= 3


def test_a_limit_is_that_of_its_method_and_for_posts_of_its_channel(filed_ticket, day):
    slack = client.Client(personas.BOT_TOKEN, day.workspace.base + "/api/", timeout=30)
    day.workspace.misbehave("chat.postMessage", "ratelimited", times=1, channel=TRIAGE, retry_after=60)
    for channel, is_limited, calls in ((TRIAGE, True, 1), (TRIAGE, True, 0), (GLOBEX, False, 1)):
        before = day.workspace.calls["chat.postMessage"]
        try:
            slack.call("chat.postMessage", channel=channel, text="x")
            assert not is_limited
        except client.errors.TemporaryError as error:
            assert is_limited and 0 < error.retry_after <= 60
        assert day.workspace.calls["chat.postMessage"] - before == calls
    slack.call("users.info", user=PRIYA)


def test_the_sync_stops_at_a_limit_and_reads_few_idle_threads(filed_ticket, day, session, make, team):
    for number in range(12):
        make.ticket(filed_ticket.requester, subject=f"Ticket {number}")
    session.commit()
    worker_helpers.drain(session)

    def turn():
        for each in session.query(Channel):
            each.synced_at = None
        session.commit()
        before = day.workspace.calls["conversations.replies"]
        worker_helpers.run_job(lambda _: sync.sync_channels(), 0)
        return day.workspace.calls["conversations.replies"] - before

    assert turn() <= 2 * sync.MAX_IDLE_THREADS
    rate_limits.clear()
    day.workspace.misbehave("conversations.replies", "ratelimited", times=None, retry_after=120)
    assert turn() <= 1 and turn() == 0


def test_a_message_longer_than_an_input_becomes_a_ticket_whole(filed_ticket, day, session):
    long = "\n".join(f"line {number} " + "z" * 80 for number in range(100))
    ts = day.workspace.say(PRIYA, TRIAGE, long)
    session.rollback()
    day.workspace.shortcut(PRIYA, TRIAGE, ts, "create_ticket")
    given = {"organization": {"value": str(filed_ticket.organization_id)}, "subject": {"value": "Long"}}
    assert day.do("submit", PRIYA, given) == {}
    assert session.query(Ticket).order_by(Ticket.id.desc()).first().messages[0].body == long
