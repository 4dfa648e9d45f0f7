"""Create, change, order, switch and delete rules. Leads and admins do; each change is in the audit log."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm.exc import StaleDataError

from helpdesk import clock, live_events
from helpdesk.database.row_ids import is_id
from helpdesk.domain.administration import audit_log
from helpdesk.domain.errors import ConflictError, FieldRule, ValidationError, ensure_fields
from helpdesk.domain.people import permissions
from helpdesk.domain.rules import actions, definition
from helpdesk.domain.rules.definition import Actions, Conditions
from helpdesk.extensions import db
from helpdesk.markup.one_line import to_one_line
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
    name = to_one_line(name)
    _ensure_valid(name, trigger, idle_hours, conditions, wanted)
    if rule is None:
        count, last = db.session.execute(select(func.count(), func.max(Rule.position)).select_from(Rule)).one()
        if count >= definition.MAX_RULES:
            raise ValidationError(gettext("The maximum number of rules has been reached. Delete one first."), "name")
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
    if rule.is_active != is_active:
        rule.is_active = is_active
        _flush(rule, "switched a rule on" if is_active else "switched a rule off", actor)


def move_rule(rule: Rule, step: int, *, actor: User) -> None:
    """Let a rule act one place earlier (-1) or later (1). Raises PermissionDenied."""
    _ensure_may_edit(actor)
    rules = list_rules()
    place = rules.index(rule)
    other = min(max(place + step, 0), len(rules) - 1)
    if other == place:
        return
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


def _ensure_valid(name: str, trigger: str, idle_hours: int | None, conditions: Conditions, wanted: Actions) -> None:
    """Raise ValidationError with a sentence for every wrong field."""
    is_about_message = trigger not in (RuleTrigger.changed, RuleTrigger.idle)
    most_hours, most_words = format_number(MAX_IDLE_HOURS), format_number(MAX_WORDS)
    ensure_fields(
        gettext("Some answers need another look."),
        (
            "name",
            0 < len(name) <= MAX_NAME_LENGTH,
            gettext("A name has between 1 and %(most)s characters.", most=format_number(MAX_NAME_LENGTH)),
        ),
        ("trigger", trigger in list(RuleTrigger), gettext("Choose when the rule is asked.")),
        (
            "trigger",
            is_about_message or not (conditions.channel or conditions.writer),
            gettext("Who wrote, and how it came, can be asked of a new ticket or a reply only."),
        ),
        (
            "idle_hours",
            trigger != RuleTrigger.idle or 1 <= (idle_hours or 0) <= MAX_IDLE_HOURS,
            gettext("Write a number of hours from 1 to %(most)s.", most=most_hours),
        ),
        (
            "field_key",
            conditions.field_key or not conditions.field_value,
            gettext("Say which field has this answer."),
        ),
        ("words", len(conditions.words) <= MAX_WORDS, gettext("Write at most %(most)s words.", most=most_words)),
        *_action_rules(wanted),
    )


def _action_rules(wanted: Actions) -> list[FieldRule]:
    does_something = any((wanted.assign, wanted.priority, wanted.status, wanted.tags, wanted.notify, wanted.reply_id))
    is_assignable = wanted.assign in definition.ASSIGN_LABELS and actions.load_team(wanted.assignees)
    canned = db.session.get(CannedReply, wanted.reply_id) if wanted.reply_id else None
    is_usable = canned is not None and canned.owner_id is None and bool(canned.body)
    has_author = not is_usable or actions.load_team((wanted.reply_author_id or 0,))
    return [
        ("assignees", not wanted.assign or is_assignable, gettext("Choose whom it is assigned to.")),
        ("priority", not wanted.priority or wanted.priority in list(Priority), gettext("There is no such priority.")),
        ("status", not wanted.status or wanted.status in ALLOWED_STATUSES, gettext("A rule cannot set this status.")),
        ("reply_id", not wanted.reply_id or is_usable, gettext("Choose a macro of the team that has a text.")),
        ("reply_author_id", has_author, gettext("Choose in whose name the reply is sent.")),
        ("assign", does_something, gettext("Choose at least one thing that the rule does.")),
    ]


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
    live_events.publish_after_commit(live_events.SETTINGS)
    audit_log.add_entry(action, actor, rule.name)
