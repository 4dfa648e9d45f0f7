"""Buttons, forms, commands, shortcuts and the home page: an agent's day without leaving Slack."""

import pytest

from helpdesk.channels.slack import home, requests
from helpdesk.demo import personas
from helpdesk.domain import tickets
from helpdesk.domain.administration import settings as chosen
from helpdesk.domain.tickets import tags
from helpdesk.models.delivery import Delivery
from helpdesk.models.ticket import Answer, Ticket
from helpdesk.models.user import User
from tests import worker_helpers
from tests.domain.slack.conftest import DANA, ELLEN, GLOBEX, JONAS, PRIYA

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def fresh(session, ticket):
    session.expire_all()
    return session.get(Ticket, ticket.id)


def test_the_buttons_take_solve_and_reopen_and_the_card_follows(filed_ticket, day, session):
    for button, status in (("take_it", "open"), ("solve", "solved"), ("reopen", "open")):
        day.press(PRIYA, button)
        assert fresh(session, filed_ticket).status == status
        worker_helpers.advance_time(session, 1)
        worker_helpers.drain(session)
    assert fresh(session, filed_ticket).assignee.name == "Priya Raman"
    assert "Priya Raman" in str(day.workspace.message(personas.TRIAGE_CHANNEL_ID, day.root())["attachments"])
    assert len(day.workspace.posted(personas.TRIAGE_CHANNEL_ID)) == 1


def test_only_agents_may_press_anything(filed_ticket, day, session):
    for button in ("take_it", "solve", "edit"):
        day.press(DANA, button, channel=GLOBEX)
    assert (fresh(session, filed_ticket).status, fresh(session, filed_ticket).assignee) == ("open", None)
    assert day.workspace.modal(DANA) is None
    assert day.ephemeral_texts(DANA).count("Only agents can do this") >= 3


def test_reactions_on_the_card_act_and_taking_them_back_does_nothing(filed_ticket, day, session):
    for name in ("eyes", "rotating_light", "white_check_mark"):
        day.do("react", PRIYA, personas.TRIAGE_CHANNEL_ID, day.root(), name)
    day.do("unreact", PRIYA, personas.TRIAGE_CHANNEL_ID, day.root(), "white_check_mark")
    day.do("react", DANA, GLOBEX, day.root(GLOBEX), "eyes")
    ticket = fresh(session, filed_ticket)
    assert (ticket.status, ticket.priority, ticket.assignee.name) == ("solved", "urgent", "Priya Raman")


def test_edit_opens_the_form_as_the_ticket_stands_and_saves_what_was_changed(formed, day, session, team):
    day.press(PRIYA, "edit")
    modal = day.workspace.modal(PRIYA)
    assert [block["block_id"] for block in modal["blocks"]] == [
        "status",
        "assignee",
        "priority",
        "new_tags",
        "field-system",
        "field-count",
        "field-secret",
    ]
    tickets.set_priority(formed, "high", actor=team[1])  # somebody else, meanwhile
    session.commit()
    values = {"status": "pending", "assignee": str(team[1].id), "field-system": "Web", "field-count": "12"}
    assert day.do("submit", PRIYA, {name: {"value": value} for name, value in values.items()}) == {}
    ticket = fresh(session, formed)
    assert (ticket.status, ticket.assignee_id, ticket.priority) == ("pending", team[1].id, "high")
    assert {answer.field.key: answer.value for answer in session.query(Answer)} == {
        "system": "Web",
        "count": 12,
        "secret": "insider",
    }


def test_tags_are_set_in_the_form_and_shown_on_the_teams_card_only(filed_ticket, day, session, team):
    tags.set_tags(filed_ticket, ["old", "kept"], actor=team[0])
    session.commit()
    day.press(PRIYA, "edit")
    [block] = [each for each in day.workspace.modal(PRIYA)["blocks"] if each["block_id"] == "tags"]
    ids = {option["text"]["text"]: option["value"] for option in block["element"]["options"]}
    assert {option["text"]["text"] for option in block["element"]["initial_options"]} == {"old", "kept"}
    tags.change_tags(filed_ticket, add=["meanwhile"], actor=team[1])  # somebody else
    session.commit()
    wrong = day.workspace.submit(PRIYA, {"new_tags": {"value": "x" * 41}})
    assert wrong["errors"] == {"new_tags": "A tag has at most 40 characters."}
    values = {"tags": {"value": [ids["kept"]]}, "new_tags": {"value": "Refund, VIP"}}
    assert day.do("submit", PRIYA, values) == {}
    assert fresh(session, filed_ticket).tags == ("kept", "meanwhile", "refund", "vip")
    worker_helpers.advance_time(session, 1)
    worker_helpers.drain(session)
    card = str(day.workspace.message(personas.TRIAGE_CHANNEL_ID, day.root())["attachments"])
    assert "kept, meanwhile, refund, vip" in card
    assert "meanwhile" not in str(day.workspace.state.channels[GLOBEX].messages)


def test_a_form_that_will_not_do_stays_open_with_a_sentence_at_its_field(formed, day, session, team):
    day.press(PRIYA, "edit")
    session.rollback()
    answer = day.workspace.submit(PRIYA, {"field-count": {"value": "a dozen"}})
    assert answer["errors"] == {"field-count": "How many is a number, for example 12 or 3.5."}
    assert day.workspace.modal(PRIYA)
    for status in ("solved", "closed"):
        tickets.set_status(formed, status, actor=team[0])
    session.commit()
    answer = day.workspace.submit(PRIYA, {"status": {"value": "open"}, "field-count": {"value": "1"}})
    assert "closed" in answer["errors"]["status"]


def test_what_the_team_alone_knows_is_on_no_customers_card(formed, day):
    assert "insider" in str(day.workspace.posted(personas.TRIAGE_CHANNEL_ID))
    assert "insider" not in str(day.workspace.state.channels[GLOBEX].messages)


def test_make_internal_and_send_now_say_what_became_of_it(filed_ticket, day, session, mailbox):
    day.say(PRIYA, "They never paid.")
    day.press(PRIYA, "make_internal", ts=day.last_ephemeral(PRIYA)["ts"])
    assert day.words() == [("note", "They never paid.")]
    assert "This is a note now" in day.last_ephemeral(PRIYA)["text"] and "Make internal" not in day.ephemeral_texts(
        PRIYA
    )
    assert day.thread(GLOBEX) == []
    worker_helpers.advance_time(session, 5)
    worker_helpers.drain(session)
    [typed] = day.workspace.replies(personas.TRIAGE_CHANNEL_ID, day.root())[1:]
    assert [reaction["name"] for reaction in typed["reactions"]] == ["lock"]
    mailbox.clear()
    day.say(PRIYA, "On our way.")
    assert not [mail for mail in mailbox.mails if "On our way" in mail.text]
    day.press(PRIYA, "send_now", ts=day.last_ephemeral(PRIYA)["ts"])
    assert "on our way" in mailbox.wait_for("dana@globex.example").text.lower()
    assert "on its way" in day.last_ephemeral(PRIYA)["text"]


def test_late_is_no_reason_to_leave_it_public(filed_ticket, day, session):
    day.say(PRIYA, "They never paid.")
    day.last().release_at = filed_ticket.created_at
    session.commit()
    day.press(PRIYA, "make_internal", ts=day.last_ephemeral(PRIYA)["ts"])
    assert "It stood in" in day.last_ephemeral(PRIYA)["text"]
    assert day.words() == [("note", "They never paid.")] and day.thread(GLOBEX) == []


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", "Nothing waits for you."),
        ("unassigned", "The printer is on fire"),
        ("open", "The printer is on fire"),
        ("search printer", "The printer is on fire"),
        ("search unicorns", "No ticket has these words."),
        ("9999", "There is no ticket #9999."),
        ("help", "every open ticket"),
    ],
)
def test_the_command_lists_and_finds(filed_ticket, day, text, expected):
    day.do("command", PRIYA, personas.TRIAGE_CHANNEL_ID, "/ticket", text)
    assert expected in day.ephemeral_texts(PRIYA)


def test_the_command_shows_one_ticket_and_nothing_to_others(filed_ticket, day):
    day.do("command", PRIYA, personas.TRIAGE_CHANNEL_ID, "/ticket", str(filed_ticket.id))
    assert f"#{filed_ticket.id} The printer is on fire" in day.ephemeral_texts(PRIYA)
    day.do("command", ELLEN, "C0GENERAL01", "/ticket", "open")
    assert "printer" not in day.ephemeral_texts(ELLEN) and "Only agents" in day.ephemeral_texts(ELLEN)


def test_a_shortcut_makes_a_ticket_of_any_message_with_its_files(formed, day, session):
    workspace = day.workspace
    ts = workspace.say(
        DANA, GLOBEX, "Our *scanner* is dead, too", files=[("scan.png", b"\x89PNG\r\n\x1a\n12345", "image/png")]
    )
    day.do("shortcut", PRIYA, GLOBEX, ts, "create_ticket")
    held = {block["block_id"]: str(block["element"]) for block in workspace.modal(PRIYA)["blocks"]}
    assert "dana@globex.example" in held["requester"] and "scanner" in held["body"]
    assert day.do("submit", PRIYA, {}) == {}
    ticket = session.query(Ticket).order_by(Ticket.id.desc()).first()
    assert (ticket.requester.email, ticket.messages[0].body) == ("dana@globex.example", "Our **scanner** is dead, too")
    assert [file.name for file in ticket.messages[0].attachments] == ["scan.png"]
    [answer] = workspace.replies(GLOBEX, ts)[1:]
    assert f"#{ticket.id}" in answer["text"]


def test_a_form_sent_twice_files_one_ticket(formed, day, session):
    day.do("command", PRIYA, personas.TRIAGE_CHANNEL_ID, "/ticket", "create The roof leaks")
    day.do("submit", PRIYA, {"organization": {"value": str(formed.organization_id)}, "body": {"value": "Yes."}})
    _, payload, _ = day.workspace.interactivity.log[-1]
    requests.handle_slack_request({**payload, "trigger_id": "another"})
    day.work()
    assert session.query(Ticket).count() == 2


def test_the_home_page_shows_the_own_queue_and_keeps_fresh(filed_ticket, day, session, team):
    day.do("home", PRIYA)
    assert "Nothing waits for you." in str(day.workspace.home_view(PRIYA))
    tickets.assign(filed_ticket, session.query(User).filter_by(slack_user_id=PRIYA).one(), actor=team[1])
    number = filed_ticket.id
    session.commit()
    worker_helpers.run_job(home.refresh_homes, number)
    worker_helpers.drain(session)
    assert "The printer" not in str(day.workspace.home_view(PRIYA)).partition("Nobody")[0]
    worker_helpers.advance_time(session, 4)
    worker_helpers.drain(session)
    assert "The printer" in str(day.workspace.home_view(PRIYA)).partition("Nobody")[0]
    assert session.query(Delivery).filter_by(kind="home").count() == 1
    day.do("home", ELLEN)
    assert "Only agents" in str(day.workspace.home_view(ELLEN))


def test_the_home_pages_button_opens_the_form(filed_ticket, day):
    day.do("home", PRIYA)
    day.do("press_view", PRIYA, day.workspace.home_view(PRIYA)["id"], "new_ticket")
    assert day.workspace.modal(PRIYA)["callback_id"] == "create_ticket"


def test_a_form_that_cannot_be_opened_is_explained(filed_ticket, day):
    day.workspace.misbehave("views.open", "error", error="expired_trigger_id")
    day.press(PRIYA, "edit")
    assert "could not be opened" in day.ephemeral_texts(PRIYA)


def test_assignment_of_a_first_responder_can_be_switched_off(filed_ticket, day, session):
    chosen.set("assign_first_responder", False)
    session.commit()
    day.say(JONAS, "Hello.")
    assert fresh(session, filed_ticket).assignee is None


def test_an_answer_whose_condition_ended_while_the_form_was_open_is_kept(make, day, session, team):
    condition = {"shown_if_key": "system", "shown_if_value": "Web"}
    system = {"key": "system", "kind": "select", "options": ["Mail", "Web"]}
    form = make.form("incident", (system, {"key": "browser"} | condition, {"key": "room"}, {"key": "floor"}))
    globex = make.organization("Globex", domain="globex.example", slack=GLOBEX)
    given = {"system": "Web", "browser": "", "room": "12", "floor": "3"}
    ticket = make.ticket(make.user(globex), form=form, answers=given)
    worker_helpers.drain(session)
    day.press(PRIYA, "edit")
    for key, text in (("system", "Mail"), ("room", "14")):  # somebody else, meanwhile
        field = next(each for each in form.fields if each.key == key)
        tickets.change_answer(ticket, field, [text], team[1])
    session.commit()
    assert day.do("submit", PRIYA, {"field-browser": {"value": "Firefox"}, "field-floor": {"value": "4"}}) == {}
    assert {answer.field.key: answer.value for answer in session.query(Answer)} == {
        "system": "Mail",
        "browser": "Firefox",
        "room": "14",
        "floor": "4",
    }
