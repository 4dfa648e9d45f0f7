"""The team changes the answers of a ticket's form, on the page that Change answers opens."""

import pytest
from sqlalchemy import select

from helpdesk.domain.forms import field_types
from helpdesk.models.form import Answer
from tests.web import page_forms

TYPED_VALUES = {
    "short_text": "Room 12",
    "long_text": "Line one\nLine two",
    "number": "12.5",
    "date": "2026-05-14",
    "select": "Blue",
    "multi_select": ["Red", "Blue"],
    "checkbox": "yes",
    "url": "https://docs.example/page",
}
SHOWN_TEXTS = {"multi_select": "Red, Blue", "checkbox": "Yes", "person": "Dana Fields"}
WRONG_VALUES = {"number": "ten", "date": "tomorrow", "select": "Green", "url": "javascript:alert(1)", "person": "9999"}
TYPES = [each.name for each in field_types.all_types() if not each.is_file]


@pytest.fixture
def ticket(make, session):
    fields = tuple({"key": name, "kind": name, "options": ["Red", "Blue"]} for name in TYPES)
    version = make.form("everything", fields)
    dana = make.user(make.organization("Globex"), "Dana Fields")
    return make.ticket(dana, form=version)


def answers_of(session, ticket) -> dict[str, str]:
    session.expire_all()
    return {
        answer.field.key: answer.text for answer in session.scalars(select(Answer).where(Answer.ticket_id == ticket.id))
    }


def press_save(client, ticket, name: str, value) -> tuple[int, str]:
    """Open the ticket, follow Change answers, and press Save at the field ``name``: (status, where it leads)."""
    page = page_forms.parse(client.get(f"/tickets/{ticket.number}"))
    address = page.find("a", string="Change answers")["href"]
    page = page_forms.parse(client.get(address))
    form = next(form for form in page_forms.forms_of(page, address) if form.action.endswith(f"/answers/{name}"))
    response = page_forms.submit(client, form, form.sent_values() | {f"field-{name}": value})
    return response.status_code, response.location or response.get_data(as_text=True)


@pytest.mark.parametrize("name", TYPES)
def test_an_answer_of_each_type_is_given_changed_and_removed(name, ticket, make, browser_of, session):
    client = browser_of(make.agent("Maya"))
    value = str(ticket.requester_id) if name == "person" else TYPED_VALUES[name]
    shown = SHOWN_TEXTS.get(name, value)
    assert press_save(client, ticket, name, value) == (303, f"/tickets/{ticket.number}")
    assert answers_of(session, ticket)[name] == shown
    assert press_save(client, ticket, name, value)[0] == 303  # the same again changes nothing
    assert press_save(client, ticket, name, [])[0] == 303
    assert answers_of(session, ticket) == {}


@pytest.mark.parametrize("name", WRONG_VALUES)
def test_a_wrong_answer_is_shown_again_with_a_sentence(name, ticket, make, browser_of, session):
    status, page = press_save(browser_of(make.agent("Maya")), ticket, name, WRONG_VALUES[name])
    assert status == 422 and "The answer is not changed yet" in page
    assert answers_of(session, ticket) == {}


def test_what_changes_answers_is_not_printed(browser_of, make, ticket):
    """The class is what print.css leaves out of a printed ticket."""
    page = page_forms.parse(browser_of(make.agent("Priya")).get(f"/tickets/{ticket.number}"))
    assert "controls" in page.find("a", string="Change answers")["class"]
