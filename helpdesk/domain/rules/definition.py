"""The fields of a rule as plain values, and the rules in force, kept for some seconds in each process."""

import time
from dataclasses import dataclass, field, fields
from typing import Any, Self

from sqlalchemy import select

from helpdesk.database import replica
from helpdesk.extensions import db
from helpdesk.models.rule import Rule, RuleTrigger
from helpdesk.translation import lazy_gettext

CACHE_SECONDS = 5.0  # seconds until another process's change is seen
MAX_RULES = 100
WEB = "web"  # the channel of what was written on a page or by a program

TRIGGER_LABELS = {
    RuleTrigger.filed: lazy_gettext("A ticket is filed"),
    RuleTrigger.replied: lazy_gettext("Somebody replies"),
    RuleTrigger.changed: lazy_gettext("Status, priority or assignee is changed"),
    RuleTrigger.idle: lazy_gettext("Nothing happens for some hours"),
}
HOURS_LABELS = {"inside": lazy_gettext("Inside business hours"), "outside": lazy_gettext("Outside business hours")}
WRITER_LABELS = {"customer": lazy_gettext("The customer"), "team": lazy_gettext("The team")}
ASSIGN_LABELS = {
    "first": lazy_gettext("To this person"),
    "turn": lazy_gettext("To each of them in turn"),
    "least": lazy_gettext("To whoever of them has the fewest open tickets"),
}


@dataclass(frozen=True)
class Conditions:
    """All that are given must hold; of a list, one. ``words``: in the subject or the message, one of them.

    ``channel``: the kind of channel that the message came by, "web" for a page or a program. ``writer`` belongs to
    replies.
    """

    forms: tuple[str, ...] = ()
    organization_id: int | None = None
    field_key: str = ""
    field_value: str = ""
    words: tuple[str, ...] = ()
    language: str = ""
    channel: str = ""
    hours: str = ""
    writer: str = ""
    priorities: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Actions:
    """What is done.

    ``assign``: how one of ``assignees`` is chosen; ``reassign``: also where somebody has the ticket. ``reply_id``: a
    canned reply, sent in the name of ``reply_author_id``.
    """

    assign: str = ""
    assignees: tuple[int, ...] = ()
    reassign: bool = False
    priority: str = ""
    status: str = ""
    tags: tuple[str, ...] = ()
    notify: tuple[int, ...] = ()
    reply_id: int | None = None
    reply_author_id: int | None = None


@dataclass(frozen=True)
class RuleDefinition:
    """One rule, as it is asked and run."""

    id: int
    name: str
    trigger: RuleTrigger
    idle_hours: int | None = None
    conditions: Conditions = field(default_factory=Conditions)
    actions: Actions = field(default_factory=Actions)

    @classmethod
    def of(cls, rule: Rule) -> Self:
        """Return the definition of a stored rule."""
        return cls(
            id=rule.id,
            name=rule.name,
            trigger=RuleTrigger(rule.trigger),
            idle_hours=rule.idle_hours,
            conditions=Conditions(**_known(Conditions, rule.conditions)),
            actions=Actions(**_known(Actions, rule.actions)),
        )


_cache: tuple[RuleDefinition, ...] = ()
_cache_until = 0.0


def list_active(trigger: RuleTrigger) -> list[RuleDefinition]:
    """Return the rules in force for ``trigger``, in their order."""
    global _cache, _cache_until
    if time.monotonic() >= _cache_until:
        with replica.use(False):
            rows = db.session.scalars(select(Rule).where(Rule.is_active).order_by(Rule.position, Rule.id))
            _cache = tuple(RuleDefinition.of(row) for row in rows)
        _cache_until = time.monotonic() + CACHE_SECONDS
    return [rule for rule in _cache if rule.trigger == trigger]


def invalidate_cache() -> None:
    """Read the rules from the database again at the next use."""
    global _cache_until
    _cache_until = 0.0


def _known(definition: type, stored: dict[str, Any]) -> dict[str, Any]:
    """Return the stored values that ``definition`` still has, lists as tuples."""
    names = {each.name for each in fields(definition)}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items() if name in names}
