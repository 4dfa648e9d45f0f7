"""Canned replies, also called macros: prepared texts and changes that agents apply to a ticket."""

from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.database.types import Created, Id
from helpdesk.extensions import Base
from helpdesk.models.personal_data import RowDeleted


class AssignTo(StrEnum):
    """Whom a macro assigns a ticket to: who applies it, a certain ``person``, or nobody."""

    me = "me"
    person = "person"
    nobody = "nobody"


class CannedReply(Base):
    """A prepared answer, in Markdown with variables, and what it changes. Without ``owner_id`` it is the whole team's.

    ``status``, ``priority``, ``assign_to`` and ``tags`` (names) are what the ticket gets when it is applied; None
    leaves a value as it is. ``assignee_id`` is the person of ``AssignTo.person``. The text may be empty where
    something is changed.
    """

    __tablename__ = "canned_replies"
    personal_data = RowDeleted("owner_id")

    id: Mapped[Id]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(80))
    body: Mapped[str] = mapped_column(Text)
    status: Mapped[str | None] = mapped_column(String(16))
    priority: Mapped[str | None] = mapped_column(String(8))
    assign_to: Mapped[str | None] = mapped_column(String(8))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    tags: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[Created]
    updated_at: Mapped[Created]

    __mapper_args__ = {"version_id_col": version}
