"""Rules: what happens to a ticket by itself when it is filed, replied to, changed or left alone."""

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.database.types import Created, Id, one_of_condition
from helpdesk.extensions import Base
from helpdesk.models.personal_data import CODE, CONFIGURATION


class RuleTrigger(StrEnum):
    """When a rule is asked."""

    filed = "filed"
    replied = "replied"
    changed = "changed"
    idle = "idle"


class Rule(Base):
    """One rule. ``conditions`` and ``actions`` are the fields of domain.rules.definition; rules run by ``position``.

    ``idle_hours`` belongs to the trigger idle. ``last_assignee_id`` is who was assigned last in turn.
    """

    __tablename__ = "rules"
    personal_data = {
        "name": CONFIGURATION,
        "trigger": CODE,
        "conditions": CONFIGURATION,
        "actions": CONFIGURATION,
    }

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(80))
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=False)
    trigger: Mapped[str] = mapped_column(String(12))
    idle_hours: Mapped[int | None]
    conditions: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    actions: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    last_assignee_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[Created]
    updated_at: Mapped[Created]

    __table_args__ = (CheckConstraint(one_of_condition("trigger", RuleTrigger), name="trigger"),)
    __mapper_args__ = {"version_id_col": version}


class RuleRun(Base):
    """One time that a rule acted on a ticket: it does not act on the same quiet twice, nor answer again and again."""

    __tablename__ = "rule_runs"

    id: Mapped[Id]
    rule_id: Mapped[int] = mapped_column(ForeignKey("rules.id", ondelete="CASCADE"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    has_replied: Mapped[bool] = mapped_column(default=False)
    at: Mapped[Created]

    __table_args__ = (Index("ix_rule_runs_rule_ticket", "rule_id", "ticket_id", "at"),)
