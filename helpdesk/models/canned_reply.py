"""Canned replies: prepared texts that agents insert into an answer."""

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.database.types import Created, Id
from helpdesk.extensions import Base
from helpdesk.models.personal_data import RowDeleted


class CannedReply(Base):
    """A prepared answer, in Markdown with variables. Without ``owner_id`` it belongs to the whole team.

    ``status`` is the status that the ticket gets when the answer is sent, if any.
    """

    __tablename__ = "canned_replies"
    personal_data = RowDeleted("owner_id")

    id: Mapped[Id]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(80))
    body: Mapped[str] = mapped_column(Text)
    status: Mapped[str | None] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[Created]
    updated_at: Mapped[Created]

    __mapper_args__ = {"version_id_col": version}
