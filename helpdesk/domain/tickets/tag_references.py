"""Where else than on tickets a tag is named: saved views and reports filter by it, macros add it, rules do both."""

from sqlalchemy import select

from helpdesk.domain.administration import audit_log
from helpdesk.extensions import db
from helpdesk.models.canned_reply import CannedReply
from helpdesk.models.rule import Rule
from helpdesk.models.saved_report import SavedReport
from helpdesk.models.saved_view import SavedView

ERASED_TAG = "erased"  # what filters name in place of a tag that named a person; no ticket has it


def rename(name: str, new: str) -> None:
    """Let all of them name the tag ``new`` in place of ``name``."""
    _replace_in_filters(name, new)
    _replace_in_macros_and_rules(name, new)


def forget(name: str) -> None:
    """Let macros and rules name the tag no longer; who filters by it finds nothing.

    A rule for tickets with this tag alone is switched off: without the condition it would hold for all.
    """
    _replace_in_macros_and_rules(name, None)


def erase(name: str) -> None:
    """Forget the tag, and its name also in filters."""
    _replace_in_filters(name, ERASED_TAG)
    forget(name)


def _replace_in_filters(name: str, new: str) -> None:
    for view in db.session.scalars(select(SavedView).where(SavedView.filters["tag"].as_string() == name)):
        view.filters = view.filters | {"tag": new}
    for report in db.session.scalars(select(SavedReport).where(SavedReport.filters["tag"].as_string() == name)):
        report.filters = report.filters | {"tag": new}


def _replace_in_macros_and_rules(name: str, new: str | None) -> None:
    def replaced(names: list[str]) -> list[str]:
        return list(dict.fromkeys(each for old in names if (each := new if old == name else old)))

    for macro in db.session.scalars(select(CannedReply)):
        if name in macro.tags:
            macro.tags = replaced(macro.tags)
    for rule in db.session.scalars(select(Rule)):
        if name in rule.conditions.get("tags", ()):
            rule.conditions = rule.conditions | {"tags": replaced(rule.conditions["tags"])}
            if rule.is_active and not rule.conditions["tags"]:
                rule.is_active = False
                audit_log.add_entry("switched a rule off", None, rule.name)
        if name in rule.actions.get("tags", ()):
            rule.actions = rule.actions | {"tags": replaced(rule.actions["tags"])}
