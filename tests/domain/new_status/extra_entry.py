"""A pytest plugin that puts one more entry into the table of statuses before anything reads it."""

import importlib.util
import sys
from pathlib import Path

SOURCE = Path(__file__).parents[3] / "helpdesk" / "models" / "statuses.py"
BEFORE = "    solved = StatusDefinition("
ENTRY = """    escalated = StatusDefinition(
        value="escalated", team_label="With engineering", customer_label="With our specialists",
        icon="turn", tone="red", slack_symbol="◆", slack_color="#123456", customer_order=7,
        waiting_on=WaitingOn.third_party, desk_view="escalated", on_requester_reply="open",
        reply_action="ask engineering", next_step="our specialists look into it", )
"""


def load_with_one_more() -> None:
    """Make the edited table the module that everybody imports."""
    name = "helpdesk.models.statuses"
    assert name not in sys.modules, "the table was read before it was edited"
    source = SOURCE.read_text(encoding="utf-8")
    assert source.count(BEFORE) == 1
    spec = importlib.util.spec_from_loader(name, loader=None, origin=str(SOURCE))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    exec(compile(source.replace(BEFORE, ENTRY + BEFORE), str(SOURCE), "exec"), module.__dict__)


load_with_one_more()
