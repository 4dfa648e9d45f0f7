"""A form that an admin changes or ends while somebody fills it in: nothing that they wrote is lost."""

from io import BytesIO

import pytest
from sqlalchemy import select

from helpdesk import clock
from helpdesk.models.form import Answer, Field, FormVersion
from helpdesk.models.ticket import Ticket
from tests.web.pages import parse_page
from tests.web.test_new_ticket import filled

FIELDS = (
    {"key": "since", "label": "Since when", "kind": "long_text"},
    {"key": "urgent", "label": "Urgent?", "kind": "checkbox"},
    {"key": "place", "label": "Place", "kind": "select", "options": ["Here", "There"], "default": "Here"},
    {"key": "log", "label": "Log", "kind": "file"},
    {"key": "serial", "label": "Serial"},
    {"key": "secret", "label": "Secret", "team_only": True},
)
TYPED = {
    "field-since": "# 7 days\r\nC:\\_old_*.*",
    "field-urgent": "yes",
    "field-place": "Here",
    "field-serial": "X1",
    "field-secret": "forged",
    "field-never": "forged",
}
ADDED = "Since when: # 7 days\n" + r"C:\\\_old\_\*.\*" + "\n\nUrgent?: Yes"  # as Markdown shows it unchanged


@pytest.fixture
def client(make, browser_of):
    return browser_of(make.user(make.organization("Globex"), "Dana Kim"))


@pytest.fixture
def publish(session):
    def publish_next(version, *fields):
        """Publish ``fields`` as the next version of the form."""
        newer = FormVersion(form=version.form, number=version.number + 1, published_at=clock.now())
        newer.fields = [Field(position=at, **{"kind": "short_text"} | field) for at, field in enumerate(fields)]
        session.add(newer)
        session.commit()

    return publish_next


def test_answers_to_questions_that_are_gone_stand_below_the_description(make, client, publish, session):
    page = parse_page(client.get(f"/tickets/new?form={make.form(fields=FIELDS).form.slug}"))
    publish(session.scalar(select(FormVersion)), {"key": "serial", "label": "Serial"})
    answer = client.post("/tickets", data=filled(page, **TYPED) | {"field-log": (BytesIO(b"log"), "a.log")})
    assert answer.status_code == 303
    ticket = session.scalar(select(Ticket))
    assert ticket.messages[0].body == f"Yesterday.\n\n{ADDED}"
    assert [file.name for file in ticket.messages[0].attachments] == ["a.log"]
    assert [row.text for row in session.scalars(select(Answer))] == ["X1"]


def test_a_rejected_form_keeps_them_and_their_files(make, client, publish, session):
    page = parse_page(client.get(f"/tickets/new?form={make.form(fields=FIELDS).form.slug}"))
    publish(session.scalar(select(FormVersion)), {"key": "new", "label": "New", "required": True})
    data = filled(page, **TYPED) | {"field-log": (BytesIO(b"log"), "a.log")}
    page = parse_page(client.post("/tickets", data=data, headers={"HX-Request": "true"}), 422)
    body = page.select_one("[name=body]").text.strip()
    assert body == f"Yesterday.\n\n{ADDED}\n\nSerial: X1"
    kept = {box["name"]: box["value"] for box in page.select(".kept-uploads input")}
    assert client.post("/tickets", data=filled(page, body=body, **{"field-new": "x"}, **kept)).status_code == 303
    assert [file.name for file in session.scalar(select(Ticket)).messages[0].attachments] == ["a.log"]


def test_a_form_that_is_ended_hands_its_words_to_another(make, client, session):
    ended = make.form("laptop", fields=FIELDS)
    page = parse_page(client.get("/tickets/new?form=laptop"))
    make.form("general", fields=({"key": "serial", "label": "Number"},))
    ended.form.archived_at = clock.now()
    session.commit()
    page = parse_page(client.post("/tickets", data=filled(page, **TYPED)), 422)
    assert "not offered any more" in page.select_one("[data-error-summary]").text
    assert page.select_one("input[name=form]")["value"] == "general"
    assert page.select_one("[name=subject]")["value"] == "It broke"
    body = page.select_one("[name=body]").text.strip()
    assert (body, page.select_one("[name=field-serial]")["value"]) == (f"Yesterday.\n\n{ADDED}", "X1")
    assert client.post("/tickets", data=filled(page, body=body, **{"field-serial": "X1"})).status_code == 303
    assert session.scalar(select(Answer)).text == "X1"


def test_words_for_one_customer_are_no_draft_for_another(make, browser_of):
    make.form("general")
    dana, nadia = (make.user(make.organization(name)) for name in ("Globex", "Initech"))
    agent = browser_of(make.agent("Maya"))
    drafts = [
        parse_page(agent.get(f"/tickets/new?for={person.email}")).select_one("#ticket-form")["data-draft"]
        for person in (dana, nadia)
    ]
    assert drafts == [f"ticket-general-for-{dana.id}", f"ticket-general-for-{nadia.id}"]


SLOW = {"key": "slow", "label": "What is slow?", "kind": "long_text"}
KIND = {"key": "kind", "label": "Kind", "kind": "select", "options": ["Login", "Speed"]}
SHOWN = SLOW | {"shown_if_key": "kind", "shown_if_value": "Speed"}


def test_a_question_that_became_conditional_is_asked_again_with_what_was_typed(make, client, publish, session):
    page = parse_page(client.get(f"/tickets/new?form={make.form(fields=(SLOW,)).form.slug}"))
    publish(session.scalar(select(FormVersion)), KIND, SHOWN)
    page = parse_page(client.post("/tickets", data=filled(page, **{"field-slow": "The list of invoices"})), 422)
    assert "was changed while you filled it in" in page.select_one("[data-error-summary]").text
    assert page.select_one("[name=body]").text.strip() == "Yesterday."
    assert page.select_one("[name=field-slow]").text.strip() == "The list of invoices"
    data = filled(page, **{"field-slow": "The list of invoices", "field-kind": "Speed"})
    assert client.post("/tickets", data=data).status_code == 303
    assert [row.text for row in session.scalars(select(Answer).order_by(Answer.id))] == [
        "Speed",
        "The list of invoices",
    ]


def test_a_conditional_question_that_appeared_meanwhile_is_asked(make, client, publish, session):
    page = parse_page(client.get(f"/tickets/new?form={make.form(fields=(KIND,)).form.slug}"))
    publish(session.scalar(select(FormVersion)), KIND, SHOWN)
    page = parse_page(client.post("/tickets", data=filled(page, **{"field-kind": "Speed"})), 422)
    assert page.select_one("[name=field-kind] option[selected]").text.strip() == "Speed"
    assert page.select_one("[name=subject]")["value"] == "It broke"
    data = filled(page, **{"field-kind": "Speed", "field-slow": "All of it"})
    assert client.post("/tickets", data=data).status_code == 303
    assert "All of it" in [row.text for row in session.scalars(select(Answer))]


def test_a_change_that_concerns_no_answer_given_asks_nothing_again(make, client, publish, session):
    page = parse_page(client.get(f"/tickets/new?form={make.form(fields=(KIND,)).form.slug}"))
    publish(session.scalar(select(FormVersion)), KIND | {"label": "Which kind"}, SHOWN)
    assert client.post("/tickets", data=filled(page, **{"field-kind": "Login"})).status_code == 303


def test_what_only_the_team_was_to_read_is_filed_when_somebody_has_looked(make, browser_of, publish, session):
    make.form("general", fields=({"key": "secret", "label": "Secret", "team_only": True},))
    dana, agent = make.user(make.organization("Globex")), browser_of(make.agent("Maya"))
    page = parse_page(agent.get(f"/tickets/new?for={dana.email}&form=general"))
    publish(session.scalar(select(FormVersion)), {"key": "serial", "label": "Serial"})
    page = parse_page(agent.post("/tickets", data=filled(page, **{"field-secret": "They owe us money"})), 422)
    assert "that only the team was to read" in page.select_one("[data-error-summary]").text
    assert session.scalar(select(Ticket)) is None
    assert page.select_one("[name=body]").text.strip() == "Yesterday.\n\nSecret: They owe us money"
    assert agent.post("/tickets", data=filled(page)).status_code == 303
    assert session.scalar(select(Ticket)).messages[0].body == "Yesterday."
