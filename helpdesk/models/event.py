"""Events: the changes of a ticket."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import BigId, Created, Id, partial_index_not_null
from helpdesk.extensions import Base
from helpdesk.models.personal_data import CODE, ERASED_NAME, Erased, ErasedBy
from helpdesk.models.ticket import Ticket, ticket_foreign_key
from helpdesk.models.user import User


class Event(Base):
    """One change of a ticket, for its timeline and its history. ``data`` contains the old and new values."""

    __tablename__ = "events"
    personal_data = {
        "kind": CODE,
        "actor_name": Erased("actor_id", ERASED_NAME, words=False),
        "data": ErasedBy("erase_from_events"),
    }

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(BigId)
    organization_id: Mapped[int] = mapped_column(BigId)
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(24))
    team_only: Mapped[bool] = mapped_column(default=False)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[Created]

    ticket: Mapped[Ticket] = relationship(back_populates="events")
    actor: Mapped[User | None] = relationship()

    __table_args__ = (
        ticket_foreign_key(),
        UniqueConstraint("ticket_id", "seq"),
        Index("ix_events_kind_created", "kind", "created_at"),
        partial_index_not_null("events", "actor_id"),
    )
