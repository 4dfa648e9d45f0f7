"""Every event has a sentence."""

import ast
from pathlib import Path

import pytest

import helpdesk
from helpdesk.domain import labels
from helpdesk.models.event import Event

SOURCE = Path(helpdesk.__file__).parent


def kinds_said() -> set[str]:
    """The kinds of events that the domain and the channels record, as far as they are literals there."""
    found = set()
    for path in [*(SOURCE / "domain").rglob("*.py"), *(SOURCE / "channels").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "add_event":
                found |= {each.value for each in node.args[1:2] if isinstance(each, ast.Constant)}
    return found | {"status", "solved", "reopened", "closed"}


def test_every_kind_of_event_has_words():
    tree = ast.parse((SOURCE / "domain" / "labels.py").read_text())
    known = {
        node.pattern.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.match_case) and hasattr(node.pattern, "value")
    }
    said = kinds_said()
    assert {"assigned", "mail_stopped", "slack_deleted"} <= said
    assert said - known == set()


@pytest.mark.parametrize(
    ("kind", "data", "sentence"),
    [
        ("assigned", {"new": "Maya"}, "Maya took this ticket"),
        ("assigned", {"new": "Tomás"}, "Maya assigned this to Tomás"),
        ("assigned", {"new": None}, "Maya left this unassigned"),
        ("priority", {"old": "normal", "new": "urgent"}, "Maya changed the priority from normal to urgent"),
        ("status", {"new": "pending"}, "Maya set the status to Waiting for customer"),
        ("mail_stopped", {}, "Mails came so fast that the rest waits under unmatched email"),
    ],
)
def test_events_in_a_sentence(kind, data, sentence):
    assert labels.describe_event(Event(kind=kind, data=data, actor_name="Maya")) == sentence


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_answer_that_was_taken_away(session):
    event = Event(kind="answered", data={"label": "Room", "new": ""}, actor_name="Maya")
    assert labels.describe_event(event) == "Maya changed Room to nothing"
