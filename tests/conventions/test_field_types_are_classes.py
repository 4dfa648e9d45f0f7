"""A form field type is named only in its class, and each widget has a control on pages and in Slack."""

import ast
from pathlib import Path

from helpdesk.channels.slack.render import blocks
from helpdesk.domain.forms import field_types
from helpdesk.models.form import Widget

ROOT = Path(__file__).parents[2]
OWN = ("helpdesk/domain/forms/field_types/", "helpdesk/demo/", "helpdesk/demo/seed/sample_data.py")
UNMISTAKABLE = {"short_text", "long_text", "multi_select"}  # the other names are also words of HTML, Slack and people


def kinds_compared(source: str) -> list[int]:
    """The lines on which a field's kind is compared with a text, or a type is named."""
    names = {each.name for each in field_types.all_types()}
    lines = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and node.value in UNMISTAKABLE:
            lines.append(node.lineno)
        elif isinstance(node, ast.Compare):
            parts = [node.left, *node.comparators]
            owners = {ast.unparse(part) for part in parts if isinstance(part, ast.Attribute)}
            words = {each.value for part in parts for each in ast.walk(part) if isinstance(each, ast.Constant)}
            if owners & {"field.kind", "each.kind", "other.kind", "controller.kind"} and words & names:
                lines.append(node.lineno)
    return lines


def test_no_module_asks_which_type_a_field_has():
    found = {
        name: lines
        for path in (ROOT / "helpdesk").rglob("*.py")
        if not (name := str(path.relative_to(ROOT))).startswith(OWN) and (lines := kinds_compared(path.read_text()))
    }
    assert found == {}
    assert kinds_compared("if field.kind == 'person': pass") == [1]


def test_no_page_asks_which_type_a_field_has():
    pages = (ROOT / "helpdesk" / "templates").rglob("*.html")
    assert [
        str(path) for path in pages if "field.kind ==" in path.read_text() or "field.kind in" in path.read_text()
    ] == []


def test_each_file_is_a_type():
    files = {path.stem for path in (ROOT / OWN[0]).glob("*.py")} - {"__init__", "base"}
    assert files == {each.name for each in field_types.all_types()}


def test_every_widget_has_a_control():
    assert set(blocks.WIDGETS) == set(Widget) - {Widget.file}, "Slack's forms cannot ask for a file"
    controls = (ROOT / "helpdesk" / "templates" / "macros" / "field_widgets.html").read_text()
    assert [each for each in Widget if each != Widget.single_line and f'type.widget == "{each}"' not in controls] == []
