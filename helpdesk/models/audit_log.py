"""The audit log: who changed settings, access or identities."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.database.types import BigId, Created, Id
from helpdesk.extensions import Base
from helpdesk.models.personal_data import CODE, ERASED_NAME, Erased, ErasedBy


class AuditEntry(Base):
    """One change of settings, access or identities: who made it, when, and to what."""

    __tablename__ = "audit_entries"
    personal_data = {
        "actor_name": Erased("actor_id", ERASED_NAME, words=False),
        "action": CODE,
        "subject": ErasedBy("erase_from_audit_log"),
        "details": ErasedBy("erase_from_audit_log"),
    }

    id: Mapped[Id]
    at: Mapped[Created]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    action: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(200), default="")
    organization_id: Mapped[int | None] = mapped_column(BigId)
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    __table_args__ = (Index("ix_audit_entries_at", "at", "id"),)
