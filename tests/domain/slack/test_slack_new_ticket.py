"""Agents file a ticket from Slack, in the words of its form."""

import pytest
from sqlalchemy import select

from helpdesk import clock
from helpdesk.demo import personas
from helpdesk.models.form import Field, FormVersion
from tests.domain.slack.conftest import PRIYA, newest_ticket

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def publish_version(session, *fields):
    """Publish a new version of the form with these fields, while the modal shows the former one."""
    session.rollback()
    old = session.scalar(select(FormVersion).where(FormVersion.fields.any(Field.key == "system")))
    new = FormVersion(form=old.form, number=old.number + 1, published_at=clock.now())
    new.fields.extend(Field(position=position, **field) for position, field in enumerate(fields))
    session.add(new)
    session.commit()


def test_the_command_create_files_a_ticket_for_a_customer(formed, day, session, make):
    day.do("command", PRIYA, personas.TRIAGE_CHANNEL_ID, "/ticket", "create The roof leaks")
    globex = formed.organization_id
    session.rollback()
    asked = {"organization": str(globex), "body": "Since Monday.", "requester": "leo@initech.example"}
    answer = day.workspace.submit(PRIYA, {name: {"value": value} for name, value in asked.items()})
    assert "not let in by Globex" in answer["errors"]["requester"]
    asked |= {"requester": "Leo@Globex.example", "field-system": "Web"}
    answer = day.do("submit", PRIYA, {name: {"value": value} for name, value in asked.items()})
    assert answer == {}
    ticket = newest_ticket(session)
    assert (ticket.subject, ticket.requester.email, ticket.organization_id) == (
        "The roof leaks",
        "leo@globex.example",
        globex,
    )
    assert (ticket.messages[0].body, ticket.messages[0].from_team) == ("Since Monday.", False)
    assert f"#{ticket.id}" in day.ephemeral_texts(PRIYA)
    assert "The roof leaks" in str(day.workspace.posted(personas.TRIAGE_CHANNEL_ID)[-1])


def test_an_answer_to_a_question_that_is_gone_stands_below_the_description(formed, day, session, make):
    day.do("command", PRIYA, personas.TRIAGE_CHANNEL_ID, "/ticket", "create The roof leaks")
    publish_version(session)
    typed = {"organization": str(formed.organization_id), "body": "Since Monday.", "field-system": "Web"}
    assert day.do("submit", PRIYA, {name: {"value": value} for name, value in typed.items()}) == {}
    assert newest_ticket(session).messages[0].body == "Since Monday.\n\nSystem: Web"


def test_an_answer_whose_question_became_conditional_meanwhile_is_kept(formed, day, session, make):
    """Below the description, which customers read, or in a note if only the team may read it."""
    day.do("command", PRIYA, personas.TRIAGE_CHANNEL_ID, "/ticket", "create The roof leaks")
    values = {"kind": "short_text", "shown_if_key": "system", "shown_if_value": "Web"}
    system = {"key": "system", "label": "System", "kind": "select", "options": ["Mail", "Web"]}
    asked = (system, values | {"key": "count", "label": "How many"}, values | {"key": "secret", "label": "Inside"})
    publish_version(session, *({**field, "team_only": field["key"] == "secret"} for field in asked))
    typed = {"organization": str(formed.organization_id), "body": "Since Monday.", "field-system": "Mail"}
    typed |= {"field-count": "7", "field-secret": "They did not pay"}
    assert day.do("submit", PRIYA, {name: {"value": value} for name, value in typed.items()}) == {}
    ticket = newest_ticket(session)
    assert [(message.kind, message.body) for message in ticket.messages] == [
        ("reply", "Since Monday.\n\nHow many: 7"),
        ("note", "Inside: They did not pay"),
    ]
    assert {answer.field.key: answer.value for answer in ticket.answers} == {"system": "Mail"}


def test_what_only_the_team_was_to_read_is_no_part_of_the_description(formed, day, session):
    day.do("command", PRIYA, personas.TRIAGE_CHANNEL_ID, "/ticket", "create The roof leaks")
    publish_version(session)
    typed = {"organization": str(formed.organization_id), "body": "Since Monday.", "field-secret": "They did not pay"}
    assert day.do("submit", PRIYA, {name: {"value": value} for name, value in typed.items()}) == {}
    assert [(message.kind, message.body) for message in newest_ticket(session).messages] == [
        ("reply", "Since Monday."),
        ("note", "Inside: They did not pay"),
    ]


def test_choosing_another_form_keeps_what_was_typed(formed, day, session, make):
    make.form("access", ({"key": "who", "label": "For whom", "required": True},), name="Access")
    day.do("command", PRIYA, personas.TRIAGE_CHANNEL_ID, "/ticket", "create The roof leaks")
    modal = day.workspace.modal(PRIYA)
    typed = {"subject": {"value": "The roof leaks badly"}, "organization": {"value": str(formed.organization_id)}}
    day.do("press_view", PRIYA, modal["id"], "choose_form", "access", typed | {"form": {"choose_form": "access"}})
    modal = day.workspace.modal(PRIYA)
    assert "field-who" in [block["block_id"] for block in modal["blocks"]]
    assert modal["state"]["values"]["subject"]["value"]["value"] == "The roof leaks badly"


def test_the_modal_for_a_new_ticket_speaks_the_words_of_the_form(formed, day, session, make):
    own = {
        "subject_label": "Whose laptop?",
        "body_label": "What happened to it?",
        "body_help": "The number stands on its bottom.",
        "confirmation": "We call you *today*.",
        "description": "For laptops & phones.",
    }
    make.form("laptop", name="A laptop that is broken or lost", **own)
    day.do("command", PRIYA, personas.TRIAGE_CHANNEL_ID, "/ticket", "create")
    modal = day.workspace.modal(PRIYA)
    assert modal["title"]["text"] == "Incident" and "Subject" in str(modal["blocks"]) and "laptop" not in modal["title"]
    organization = {"organization": {"value": str(formed.organization_id)}}
    session.rollback()
    day.do(
        "press_view", PRIYA, modal["id"], "choose_form", "laptop", organization | {"form": {"choose_form": "laptop"}}
    )
    modal = day.workspace.modal(PRIYA)
    by_id = {block["block_id"]: block for block in modal["blocks"] if "block_id" in block}
    assert modal["title"]["text"].startswith("A laptop that is brok") and len(modal["title"]["text"]) <= 24
    assert by_id["subject"]["label"]["text"] == "Whose laptop?"
    assert by_id["body"]["label"]["text"] == "What happened to it?"
    assert by_id["body"]["hint"]["text"] == "The number stands on its bottom."
    assert "For laptops &amp; phones." in str(modal["blocks"])
    given = {"subject": {"value": "Dana's"}, "body": {"value": "It fell."}}
    assert day.do("submit", PRIYA, given) == {}
    assert newest_ticket(session).form_version.form.slug == "laptop"
    assert "We call you" in day.ephemeral_texts(PRIYA), "what people read once the ticket is filed"


def test_a_question_that_is_required_since_joins_the_modal_with_what_was_typed(formed, day, session):
    """In place of an error at a question that has nothing to do with it, or of a ticket without the answer."""
    day.do("command", PRIYA, personas.TRIAGE_CHANNEL_ID, "/ticket", "create The roof leaks")
    former = {"key": "system", "label": "System", "kind": "select", "options": ["Mail", "Web"]}
    serial = {"key": "serial", "label": "Serial number", "kind": "short_text", "required": True}
    publish_version(session, former, serial)
    typed = {"organization": str(formed.organization_id), "body": "Since Monday.", "field-system": "Web"}
    typed |= {"field-count": "7", "subject": "The roof leaks badly"}
    answer = day.do("submit", PRIYA, {name: {"value": value} for name, value in typed.items()})
    assert answer["response_action"] == "update" and newest_ticket(session).id == formed.id
    modal = day.workspace.modal(PRIYA)
    *_, notice, question = modal["blocks"]
    assert "was changed while you filled it in" in notice["text"]["text"]
    assert question["label"]["text"] == "Serial number" and not question["optional"]
    sent = {block["block_id"]: block["element"] for block in answer["view"]["blocks"] if block["type"] == "input"}
    assert sent["body"]["initial_value"] == "Since Monday." and sent["subject"]["initial_value"] == typed["subject"]
    assert sent["field-system"]["initial_option"]["value"] == "Web", "also for a Slack that keeps nothing by itself"
    again = {name: {"value": value} for name, value in (typed | {"field-serial": "X-17"}).items()}
    assert day.do("submit", PRIYA, again) == {}
    ticket = newest_ticket(session)
    assert (ticket.subject, ticket.messages[0].body) == ("The roof leaks badly", "Since Monday.\n\nHow many: 7")
    assert {answer.field.key: answer.value for answer in ticket.answers} == {"system": "Web", "serial": "X-17"}


def test_a_question_that_is_required_once_the_modal_was_sent_costs_no_word(formed, day, session):
    """The request was accepted, so that a worker that reads it later files the ticket without the answer."""
    day.do("command", PRIYA, personas.TRIAGE_CHANNEL_ID, "/ticket", "create The roof leaks")
    typed = {"organization": str(formed.organization_id), "body": "Since Monday."}
    session.rollback()
    assert day.workspace.submit(PRIYA, {name: {"value": value} for name, value in typed.items()}) == {}
    publish_version(session, {"key": "serial", "label": "Serial number", "kind": "short_text", "required": True})
    day.work()
    assert newest_ticket(session).messages[0].body == "Since Monday."


def test_a_form_with_more_required_questions_than_a_modal_holds_is_filed(formed, day, session):
    """The modal says which of them the page asks."""
    required = [{"key": f"q{n}", "label": f"Question {n}", "kind": "short_text", "required": True} for n in range(99)]
    publish_version(session, *required)
    day.do("command", PRIYA, personas.TRIAGE_CHANNEL_ID, "/ticket", "create The roof leaks")
    modal = day.workspace.modal(PRIYA)
    assert "asked on the web" in str(modal["blocks"])
    typed = {block["block_id"]: "7" for block in modal["blocks"] if block.get("block_id", "").startswith("field-")}
    typed |= {"organization": str(formed.organization_id), "body": "Since Monday."}
    assert day.do("submit", PRIYA, {name: {"value": value} for name, value in typed.items()}) == {}
    assert newest_ticket(session).messages[0].body == "Since Monday."


@pytest.mark.parametrize(
    ("typed", "subject", "body"),
    [
        ("create The roof leaks\nSince Monday.\n\nIn the hall.", "The roof leaks", "Since Monday.\n\nIn the hall."),
        ("create\nThe roof leaks", "The roof leaks", ""),
        ("create " + "leak " * 60 + "\nSince Monday.", ("leak " * 60)[:200], "leak " * 60 + "\nSince Monday."),
    ],
)
def test_all_that_is_typed_behind_the_command_is_in_the_form(formed, day, typed, subject, body):
    day.do("command", PRIYA, personas.TRIAGE_CHANNEL_ID, "/ticket", typed)
    values = day.workspace.modal(PRIYA)["state"]["values"]
    assert values["subject"]["value"]["value"].strip() == subject.strip()
    assert (values["body"]["value"]["value"] or "") == body
