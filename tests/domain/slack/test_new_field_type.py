"""A new type of field is one class: that of docs/how-to/add-a-field-type.md works on the web, in Slack, search, CSV
files and the API.
"""

import csv
import io
import re
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import select

from helpdesk.demo import personas
from helpdesk.domain import forms
from helpdesk.domain.forms import builder, field_types
from helpdesk.domain.integrations import api_tokens
from helpdesk.models.form import Answer
from helpdesk.models.ticket import Ticket
from tests.domain.slack.conftest import GLOBEX, PRIYA
from tests.web.conftest import make_requests_lonely
from tests.web.pages import parse_page

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
GUIDE = Path(__file__).parents[3] / "docs/how-to/add-a-field-type.md"


def read_guide() -> ModuleType:
    """The module that the guide has somebody write."""
    (source,) = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.M | re.DOTALL)
    module = ModuleType("mood")
    exec(compile(source, str(GUIDE), "exec"), module.__dict__)
    return module


MOODS = read_guide().MOODS


@pytest.fixture(autouse=True)
def mood():
    field_types.register(read_guide().Mood)
    yield
    field_types.unregister("mood")


@pytest.fixture
def admin(make):
    return make.agent("Ada Admin", role="admin")


@pytest.fixture
def dana(make, session, team, admin):
    """A customer, and a form that an admin built with a field of the new type."""
    globex = make.organization("Globex", domain="globex.example", slack=GLOBEX)
    form = builder.create_form("Feedback", admin)
    builder.add_field(
        builder.get_or_create_draft(form),
        admin,
        kind="mood",
        label="Your mood",
        required=True,
        default="3",
        customer_fills=True,
    )
    builder.publish_form(form, admin)
    session.commit()
    return make.user(globex, "Dana Whitfield", email="dana@globex.example")


@pytest.fixture
def pages_of(app, browser_of, monkeypatch):
    make_requests_lonely(app, monkeypatch)
    return browser_of


def filled(page, **values):
    return {field["name"]: field["value"] for field in page.select("#ticket-form input[type=hidden]")} | values


def test_it_is_filed_read_searched_and_exported_on_the_web(pages_of, session, dana, admin):
    client = pages_of(dana)
    page = parse_page(client.get("/tickets/new"))
    options = page.select("select[name=field-your_mood] option")
    assert [(option["value"], option.text) for option in options[1:]] == [
        (str(number), word) for number, word in MOODS.items()
    ]
    assert page.select_one("select[name=field-your_mood] option[selected]")["value"] == "3"
    typed = filled(page, subject="It broke", body="Yesterday.")
    rejected = parse_page(client.post("/tickets", data=typed | {"field-your_mood": "9"}), 422)
    assert "Your mood goes from 1 to 5." in rejected.text
    assert (
        "Choose a mood for Your mood."
        in parse_page(client.post("/tickets", data=typed | {"field-your_mood": ""}), 422).text
    )
    filed = client.post("/tickets", data=typed | {"field-your_mood": "5"})
    assert filed.status_code in (302, 303)
    assert session.scalar(select(Answer)).value == 5
    assert "Splendid (5)" in parse_page(client.get(filed.headers["Location"])).select_one("#facts").text
    assert "It broke" in parse_page(client.get("/tickets?q=splendid")).select_one("#ticket-list").text
    assert "It broke" not in parse_page(client.get("/tickets?q=dreadful")).select_one("#ticket-list").text
    header, line = csv.reader(io.StringIO(client.get("/tickets.csv").get_data(as_text=True)))
    assert line[header.index("Your mood")] == "Splendid (5)"
    answers = f"{filed.headers['Location']}/answers"
    team = pages_of(admin)
    page = parse_page(team.get(answers))
    assert page.select_one("select[name=field-your_mood] option[selected]").text == "Splendid"
    token = page.select_one("input[name=csrf_token]")["value"]
    assert team.post(f"{answers}/your_mood", data={"csrf_token": token, "field-your_mood": "2"}).status_code in (
        200,
        302,
        303,
    )
    session.rollback()
    assert session.scalar(select(Answer.text)) == "Poor (2)"


def test_admins_are_offered_it(pages_of, session, dana, admin):
    client = pages_of(admin)
    form = forms.published(dana.organization_id)[0].form_id
    page = parse_page(client.get(f"/settings/forms/{form}/fields/new"))
    assert "Mood, one to five" in [option.text for option in page.select("select[name=kind] option")]
    assert "A colleague" not in parse_page(client.get(f"/settings/forms/{form}/preview")).text
    assert "Splendid" in parse_page(client.get(f"/settings/forms/{form}/preview")).text


def test_programs_answer_it(pages_of, session, dana, admin):
    _, secret = api_tokens.issue_token(name="Test", scopes=["tickets:read", "tickets:write"], user=admin)
    session.commit()
    asked = {"requester": dana.email, "subject": "Oven", "body": "It smokes", "form": "feedback"}
    ask = {"headers": {"Authorization": f"Bearer {secret}"}}
    client = pages_of()
    refused = client.post("/api/tickets", json=asked | {"answers": {"your_mood": 7}}, **ask)
    assert (refused.status_code, refused.json["errors"]) == (422, {"field-your_mood": "Your mood goes from 1 to 5."})
    assert client.post("/api/tickets", json=asked | {"answers": {"your_mood": 4}}, **ask).status_code == 201
    assert session.scalar(select(Answer.text)) == "Pleasant (4)"


def test_slack_asks_for_it_and_changes_it(dana, session, day):
    organization_id = dana.organization_id
    day.do("command", PRIYA, personas.TRIAGE_CHANNEL_ID, "/ticket", "create The roof leaks")
    asked = {"organization": str(organization_id), "body": "Since Monday.", "requester": "dana@globex.example"}
    element = next(
        block["element"] for block in day.workspace.modal(PRIYA)["blocks"] if block["block_id"] == "field-your_mood"
    )
    assert (element["type"], [option["value"] for option in element["options"]]) == (
        "static_select",
        list(map(str, MOODS)),
    )
    assert (
        day.do("submit", PRIYA, {name: {"value": value} for name, value in (asked | {"field-your_mood": "1"}).items()})
        == {}
    )
    session.rollback()
    assert session.scalar(select(Answer.text)) == "Dreadful (1)"
    assert "Dreadful (1)" in str(day.workspace.posted(personas.TRIAGE_CHANNEL_ID)[-1])
    day.press(PRIYA, "edit")
    block = next(block for block in day.workspace.modal(PRIYA)["blocks"] if block["block_id"] == "field-your_mood")
    assert block["element"]["initial_option"]["value"] == "1"
    day.do("submit", PRIYA, {"field-your_mood": {"value": "5"}})
    session.rollback()
    assert session.scalar(select(Answer.text)) == "Splendid (5)"
    assert session.scalar(select(Ticket.status)) == "open"
