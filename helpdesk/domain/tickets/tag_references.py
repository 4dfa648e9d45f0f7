"""Where else than on tickets a tag is named: saved views and reports filter by it, macros add it, rules do both."""

from sqlalchemy import select

from helpdesk.extensions import db
from helpdesk.models.canned_reply import CannedReply
from helpdesk.models.rule import Rule
from helpdesk.models.saved_report import SavedReport
from helpdesk.models.saved_view import SavedView


def rename(name: str, new: str) -> None:
    """Let all of them name the tag ``new`` in place of ``name``."""
    for view in db.session.scalars(select(SavedView).where(SavedView.filters["tag"].as_string() == name)):
        view.filters = view.filters | {"tag": new}
    for report in db.session.scalars(select(SavedReport).where(SavedReport.filters["tag"].as_string() == name)):
        report.filters = report.filters | {"tag": new}
    _replace_in_macros_and_rules(name, new)


def forget(name: str) -> None:
    """Let macros and rules name the tag no longer; who filters by it finds nothing."""
    _replace_in_macros_and_rules(name, None)


def _replace_in_macros_and_rules(name: str, new: str | None) -> None:
    def replaced(names: list[str]) -> list[str]:
        return list(dict.fromkeys(each for old in names if (each := new if old == name else old)))

    for macro in db.session.scalars(select(CannedReply)):
        if name in macro.tags:
            macro.tags = replaced(macro.tags)
    for rule in db.session.scalars(select(Rule)):
        if name in rule.conditions.get("tags", ()):
            rule.conditions = rule.conditions | {"tags": replaced(rule.conditions["tags"])}
        if name in rule.actions.get("tags", ()):
            rule.actions = rule.actions | {"tags": replaced(rule.actions["tags"])}
