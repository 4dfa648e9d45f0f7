"""Each behaviour of the stand-in for Slack names where Slack's is written down."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from helpdesk.demo.slack_workspace import workspace_app
from helpdesk.demo.slack_workspace.api.registry import METHODS

FOLDER = Path(workspace_app.__file__).parent
NOT_SLACKS = {
    "browser_page.py": "the page on which people try it",
    "html_renderer.py": "how that page shows messages",
    "control_api.py": "how tests press buttons",
    "inspection.py": "what tests ask",
    "workspace.py": "what people do; the modules it calls name their sources",
    "state.py": "where everything is kept",
    "workspace_app.py": "the routes to what is elsewhere",
    "api_faults.py": "faults on request",
}
SOURCE = re.compile(
    r"docs\.slack\.dev/[a-z]|[a-z-]+#\d+|samples? (?:api|events)/\w|json-logs|slack_sdk|docs/slack-behaviour\.md"
)
OUR_OWN = {  # functions of the other modules that tests and the page use, and helpers without a behaviour
    *(
        "announce_all",
        "as_json",
        "base",
        "calls",
        "flag",
        "json",
        "method",
        "number",
        "text",
        "waiting",
        "settle",
        "stop",
    ),
    *("reset_timestamps", "ok", "parse_json", "misbehave", "behave", "wait_idle", "store_late_requests", "dark"),
    *("event_faults", "delay_replies", "expire", "say", "block", "register_method", "send"),
}


def list_functions(path: Path) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield the public functions and methods of the module at ``path``."""
    body = ast.parse(path.read_text()).body
    for node in [*body, *(inner for each in body if isinstance(each, ast.ClassDef) for inner in each.body)]:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield f"{path.relative_to(FOLDER)}: {node.name}", node


def test_each_method_of_the_web_api_names_its_page():
    wrong = [
        name for name, method in METHODS.items() if f"docs.slack.dev/reference/methods/{name}" not in method.run.__doc__
    ]
    assert wrong == []


def test_each_behaviour_names_its_source():
    paths = [path for path in sorted(FOLDER.rglob("*.py")) if path.name not in NOT_SLACKS]
    missing = [
        place
        for path in paths
        for place, function in list_functions(path)
        if function.name not in OUR_OWN and not SOURCE.search(ast.get_docstring(function) or "")
    ]
    assert len(paths) > 20 and missing == []
