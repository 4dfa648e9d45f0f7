"""Operations: changes of many rows that an admin asked for, with their progress and what is needed to undo them."""

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import BigId, Created, Id, Time, one_of_condition
from helpdesk.extensions import Base
from helpdesk.models.personal_data import CODE, OPERATION_DATA
from helpdesk.models.user import User


class OperationKind(StrEnum):
    """What an operation does."""

    merge_people = "merge_people"
    merge_organizations = "merge_organizations"
    move_tickets = "move_tickets"
    erase_person = "erase_person"
    erase_organization = "erase_organization"


class OperationState(StrEnum):
    """``running``: a job goes on with it until it is ``done``. ``undoing``: a job takes it back until ``undone``."""

    running = "running"
    done = "done"
    undoing = "undoing"
    undone = "undone"


class Operation(Base):
    """One change of many rows: ``done`` of ``total`` steps are made.

    ``source_id`` and ``target_id`` are the ids of the people or organizations it is about. ``data`` has the ids of the
    rows that were moved, and what else is needed to undo it; no names of people.
    """

    __tablename__ = "operations"
    personal_data = {
        "kind": CODE,
        "state": CODE,
        "data": OPERATION_DATA,
    }

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(24))
    state: Mapped[str] = mapped_column(String(12), default=OperationState.running)
    source_id: Mapped[int] = mapped_column(BigId)
    target_id: Mapped[int | None] = mapped_column(BigId)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[Created]
    finished_at: Mapped[Time | None]

    actor: Mapped[User | None] = relationship()

    __table_args__ = (
        CheckConstraint(one_of_condition("kind", OperationKind), name="kind"),
        CheckConstraint(one_of_condition("state", OperationState), name="state"),
        Index("ix_operations_source", "kind", "source_id"),
    )

    @property
    def is_finished(self) -> bool:
        return self.state in (OperationState.done, OperationState.undone)
