"""Create, change, order, switch and delete rules. Leads and admins do; each change is in the audit log."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm.exc import StaleDataError

from helpdesk import clock
from helpdesk.database.row_ids import is_id
from helpdesk.domain.administration import audit_log
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import permissions
from helpdesk.domain.rules import actions, definition
from helpdesk.domain.rules.definition import Actions, Conditions
from helpdesk.extensions import db
from helpdesk.models.canned_reply import CannedReply
from helpdesk.models.priorities import Priority
from helpdesk.models.rule import Rule, RuleTrigger
from helpdesk.models.statuses import Menu, statuses_in_menu
from helpdesk.models.user import User
from helpdesk.translation import format_number, gettext, lazy_gettext

MAX_NAME_LENGTH, MAX_IDLE_HOURS, MAX_WORDS = 80, 24 * 90, 50
ALLOWED_STATUSES = statuses_in_menu(Menu.canned_reply)
CHANGED_MEANWHILE = lazy_gettext("Somebody else changed this rule meanwhile. Load it again and repeat your change.")


def list_rules() -> list[Rule]:
    """Return all rules, in their order."""
    return list(db.session.scalars(select(Rule).order_by(Rule.position, Rule.id)))


def find_rule(rule_id: int) -> Rule | None:
    """Return the rule with this id."""
    return db.session.get(Rule, rule_id) if is_id(rule_id) else None


def save_rule(
    rule: Rule | None,
    *,
    name: str,
    trigger: str,
    idle_hours: int | None,
    conditions: Conditions,
    wanted: Actions,
    actor: User,
    version: int | None = None,
) -> Rule:
    """Save a rule, a new one at the end and switched off if ``rule`` is None.

    Raises PermissionDenied, ValidationError with a sentence for every wrong field, and ConflictError if it was changed
    since ``version``.
    """
    _ensure_may_edit(actor)
    name = " ".join(name.split())
    errors = _find_errors(name, trigger, idle_hours, conditions, wanted)
    if errors:
        raise ValidationError(gettext("Some answers need another look."), errors=errors)
    if rule is None:
        count, last = db.session.execute(select(func.count(), func.max(Rule.position)).select_from(Rule)).one()
        if count >= definition.MAX_RULES:
            raise ValidationError(gettext("There are enough rules. Delete one first."), "name")
        rule = Rule(position=(last or 0) + 1, is_active=False)
        db.session.add(rule)
    elif version is not None and version != rule.version:
        raise ConflictError(str(CHANGED_MEANWHILE))
    rule.name, rule.trigger, rule.updated_at = name, trigger, clock.now()
    rule.idle_hours = idle_hours if trigger == RuleTrigger.idle else None
    rule.conditions, rule.actions = _stored(conditions), _stored(wanted)
    _flush(rule, "changed a rule", actor)
    return rule


def switch_rule(rule: Rule, is_active: bool, *, actor: User) -> None:
    """Let a rule act from now on, or no longer. Raises PermissionDenied."""
    _ensure_may_edit(actor)
    rule.is_active = is_active
    _flush(rule, "switched a rule on" if is_active else "switched a rule off", actor)


def move_rule(rule: Rule, step: int, *, actor: User) -> None:
    """Let a rule act one place earlier (-1) or later (1). Raises PermissionDenied."""
    _ensure_may_edit(actor)
    rules = list_rules()
    place = rules.index(rule)
    other = min(max(place + step, 0), len(rules) - 1)
    rules.insert(other, rules.pop(place))
    for position, each in enumerate(rules, 1):
        each.position = position
    _flush(rule, "moved a rule", actor)


def delete_rule(rule: Rule, *, actor: User) -> None:
    """Delete a rule; what it did stays. Raises PermissionDenied."""
    _ensure_may_edit(actor)
    db.session.delete(rule)
    _flush(rule, "deleted a rule", actor)


def _ensure_may_edit(actor: User) -> None:
    permissions.ensure(actor.is_lead and actor.is_active, gettext("Leads and admins change rules."))


def _find_errors(
    name: str, trigger: str, idle_hours: int | None, conditions: Conditions, wanted: Actions
) -> dict[str, str]:
    errors: dict[str, str] = {}
    if not name or len(name) > MAX_NAME_LENGTH:
        errors["name"] = gettext("A name has between 1 and %(most)s characters.", most=format_number(MAX_NAME_LENGTH))
    if trigger not in list(RuleTrigger):
        errors["trigger"] = gettext("Choose when the rule is asked.")
    if trigger == RuleTrigger.idle and not 1 <= (idle_hours or 0) <= MAX_IDLE_HOURS:
        errors["idle_hours"] = gettext(
            "Write a number of hours from 1 to %(most)s.", most=format_number(MAX_IDLE_HOURS)
        )
    if trigger in (RuleTrigger.changed, RuleTrigger.idle) and (conditions.channel or conditions.writer):
        errors["trigger"] = gettext("Who wrote, and how it came, can be asked of a new ticket or a reply only.")
    if conditions.field_value and not conditions.field_key:
        errors["field_key"] = gettext("Say which field has this answer.")
    if len(conditions.words) > MAX_WORDS:
        errors["words"] = gettext("Write at most %(most)s words.", most=format_number(MAX_WORDS))
    return errors | _find_action_errors(wanted)


def _find_action_errors(wanted: Actions) -> dict[str, str]:
    errors: dict[str, str] = {}
    if wanted.assign and (wanted.assign not in definition.ASSIGN_LABELS or not actions.load_team(wanted.assignees)):
        errors["assignees"] = gettext("Choose whom it is assigned to.")
    if wanted.priority and wanted.priority not in list(Priority):
        errors["priority"] = gettext("There is no such priority.")
    if wanted.status and wanted.status not in ALLOWED_STATUSES:
        errors["status"] = gettext("A rule sets no such status.")
    if wanted.reply_id:
        canned = db.session.get(CannedReply, wanted.reply_id)
        if canned is None or canned.owner_id is not None or not canned.body:
            errors["reply_id"] = gettext("Choose a macro of the team that has a text.")
        elif not actions.load_team((wanted.reply_author_id or 0,)):
            errors["reply_author_id"] = gettext("Choose in whose name the reply is sent.")
    if not (wanted.assign or wanted.priority or wanted.status or wanted.notify or wanted.reply_id):
        errors["assign"] = gettext("Choose at least one thing that the rule does.")
    return errors


def _stored(values: Conditions | Actions) -> dict[str, Any]:
    """Return the values that are given, as JSON."""
    return {
        name: list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
        for name, value in asdict(values).items()
        if value
    }


def _flush(rule: Rule, action: str, actor: User) -> None:
    try:
        db.session.flush()
    except StaleDataError:
        raise ConflictError(str(CHANGED_MEANWHILE)) from None
    definition.invalidate_cache()
    audit_log.add_entry(action, actor, rule.name)
