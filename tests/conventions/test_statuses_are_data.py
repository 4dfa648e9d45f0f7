"""Statuses and priorities are named in their tables only."""

import ast
import re
from pathlib import Path

import pytest

from helpdesk.models.priorities import Priority
from helpdesk.models.statuses import Status

ROOT = Path(__file__).parents[2]
TABLES = {"helpdesk/models/statuses.py", "helpdesk/models/priorities.py"}
SAMPLE_DATA = ("helpdesk/demo/", "helpdesk/demo/seed/sample_data.py")  # sample data with statuses of its own
LIFECYCLE = {"open", "solved", "closed"}  # filing, solving and closing are verbs about exactly these
STATUSES, PRIORITIES = set(Status), set(Priority)
ELSEWHERE = {
    # path: the words that mean something else there
    "helpdesk/models/delivery.py": {"pending", "on_hold"},  # states of a delivery
    "helpdesk/web/templating/filters.py": {"low", "normal", "high"},  # names of icons
    "helpdesk/domain/authentication/magic_links.py": {"pending"},  # so does the mail with a link
}
PYTHON = sorted(
    name
    for path in [*(ROOT / "helpdesk").rglob("*.py"), *(ROOT / "workers").rglob("*.py")]
    if (name := str(path.relative_to(ROOT))) not in TABLES and not name.startswith(SAMPLE_DATA)
)
PAGES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "helpdesk" / "templates").rglob("*.html"))


def found_in_python(source: str) -> list[str]:
    """Each status or priority that the source names: as an unmistakable text, as a member, or in a comparison."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and node.value in STATUSES - LIFECYCLE:
            found.append(f"{node.lineno}: {node.value!r}")
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner, member = node.value.id, node.attr
            if (owner == "Status" and member in STATUSES - LIFECYCLE) or (owner == "Priority" and member in PRIORITIES):
                found.append(f"{node.lineno}: {owner}.{member}")
        elif isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            names = {getattr(side, "attr", getattr(side, "id", "")) for side in sides}
            words = {each.value for side in sides for each in ast.walk(side) if isinstance(each, ast.Constant)}
            if (names & {"status"} and words & STATUSES) or (names & {"priority"} and words & PRIORITIES):
                found.append(f"{node.lineno}: a comparison with {sorted(map(str, words))}")
        elif isinstance(node, ast.Dict | ast.Tuple | ast.List | ast.Set):
            parts = node.keys if isinstance(node, ast.Dict) else node.elts
            words = {part.value for part in parts if isinstance(part, ast.Constant)}
            if len(words & STATUSES) > 2 or len(words & PRIORITIES) > 1:
                found.append(f"{node.lineno}: a list of {sorted(map(str, words))}")
    return found


def found_in_page(source: str) -> list[str]:
    """Each comparison of a status or priority with a text, and each list of them, in a template."""
    words = "|".join(sorted(STATUSES | PRIORITIES))
    compared = re.findall(rf"(?:status|priority)\s*(?:==|!=|in|not in)\s*\(?[\"'](?:{words})[\"']", source)
    listed = re.findall(rf"\(\s*[\"'](?:{'|'.join(sorted((STATUSES - LIFECYCLE) | PRIORITIES))})[\"']\s*,", source)
    return compared + listed


def test_no_module_names_a_status_or_priority():
    assert len(PYTHON) > 100
    found = {name: found_in_python((ROOT / name).read_text(encoding="utf-8")) for name in PYTHON}
    for name, words in ELSEWHERE.items():
        found[name] = [each for each in found[name] if not any(repr(word) in each for word in words)]
    assert {name: each for name, each in found.items() if each} == {}


def test_no_page_names_a_status_or_priority():
    assert len(PAGES) > 50
    found = {name: found_in_page((ROOT / name).read_text(encoding="utf-8")) for name in PAGES}
    assert {name: each for name, each in found.items() if each} == {}


def test_no_stylesheet_names_a_status_or_priority():
    styles = "\n".join(
        path.read_text() for path in (ROOT / "helpdesk" / "static").rglob("*.css") if "vendor" not in path.parts
    )
    assert re.findall(rf"\.(?:status|priority)-(?:{'|'.join(sorted(STATUSES | PRIORITIES))})\b", styles) == []
    for each in [*Status, *Priority]:
        tone = each.definition.tone
        assert not tone or f".tone-{tone} " in styles, f"{each} has the colour {tone}, which no stylesheet knows"


def test_every_icon_is_drawn():
    drawn = (ROOT / "helpdesk" / "templates" / "macros" / "ui.html").read_text()
    assert [each for each in [*Status, *Priority] if f'"{each.definition.icon}":' not in drawn] == []


def test_what_a_reply_sets_is_a_status():
    becomes = [
        value
        for each in Status
        for value in (each.definition.on_agent_reply, each.definition.on_requester_reply)
        if value
    ]
    assert becomes and set(becomes) <= STATUSES


@pytest.mark.parametrize(
    "source",
    [
        "x = 'on_hold'",
        "if ticket.status == 'open': pass",
        "Status.pending",
        "Priority.high",
        "x = {'low': 1, 'high': 2}",
        "status in ('solved',)",
    ],
)
def test_the_rule_finds_what_it_is_for(source):
    assert found_in_python(source)


@pytest.mark.parametrize(
    "source",
    [
        '{% if ticket.status == "closed" %}',
        '{% for x in [("on_hold", "On hold")] %}',
        "{{ priority in ('high', 'urgent') }}",
    ],
)
def test_the_rule_finds_it_in_pages_too(source):
    assert found_in_page(source)
