"""A lead fills in a rule, sees what it would have done, and switches it on."""

import pytest
from sqlalchemy import select

from helpdesk.domain.rules import definition
from helpdesk.models.rule import Rule
from tests.web.pages import parse_page

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def lead(browser_of, make):
    yield browser_of(make.agent("Jonas Park", role="lead"))
    definition.invalidate_cache()


def send(client, path, status=303, **values):
    token = parse_page(client.get("/settings/rules")).find("meta", {"name": "csrf-token"})["content"]
    answer = client.post(path, data={"csrf_token": token, **values})
    assert answer.status_code == status, answer.get_data(as_text=True)[:2000]
    return answer


def test_a_lead_writes_tries_switches_and_deletes_a_rule(lead, make, session):
    maya, old = make.agent("Maya Lind"), make.ticket(subject="A refund for me")
    page = parse_page(
        send(lead, "/settings/rules", 422, name="Refunds", trigger="filed", words="refund, money back"), 422
    )
    assert "Choose at least one thing" in page.select_one(".error-summary").text
    assert page.select_one("#field-words")["value"] == "refund, money back"
    values = {"name": "Refunds", "trigger": "filed", "words": "refund, money back", "priority": "high"}
    assignment = {"assign": "first", "assignees": [maya.id]}
    path = send(lead, "/settings/rules", **values, **assignment).headers["Location"].partition("#")[0]
    page = parse_page(lead.get(path))
    assert page.select_one("#field-words")["value"] == "refund, money back"
    assert page.select_one(f"input[name=assignees][value='{maya.id}']").has_attr("checked")
    tried = page.select_one("#dry-run").text
    assert "would have acted 1 time" in " ".join(tried.split()) and "A refund for me" in tried
    session.refresh(old)
    assert old.assignee is None and make.ticket(subject="Refund").assignee is None
    send(lead, f"{path}/switch", active="1")
    ticket = make.ticket(subject="Money back, please")
    assert (ticket.assignee, ticket.priority) == (maya, "high")
    shown = parse_page(lead.get(f"/tickets/{ticket.number}")).select_one("[data-kind=rule]").text
    assert "The rule “Refunds” acted: assignment" in shown and "(Words: money back)" in shown
    stale = send(lead, path, 409, **values, version="0", **assignment)
    assert "Somebody else changed this rule" in stale.text
    send(lead, f"{path}/move", direction="up")
    assert "Refunds" in parse_page(lead.get("/settings/rules")).select_one(".rule-list").text
    send(lead, f"{path}/delete")
    assert session.scalar(select(Rule.id)) is None


def test_a_rule_is_typed_on_any_keyboard_and_fields_are_offered_by_name(lead, make, session):
    make.form(fields=[{"key": "severity", "label": "How bad is it?"}])
    send(
        lead, "/settings/rules", name="متأخرة", trigger="idle", idle_hours="٤٨", words="استرداد، إلغاء", priority="high"
    )
    rule = session.scalar(select(Rule))
    assert (rule.idle_hours, rule.conditions["words"]) == (48, ["استرداد", "إلغاء"])
    offered = parse_page(lead.get("/settings/rules/new")).select_one("#rule-fields option[value=severity]")
    assert offered.text == "How bad is it?"


def test_agents_see_no_rules(browser_of, make):
    assert browser_of(make.agent()).get("/settings/rules").status_code == 403
