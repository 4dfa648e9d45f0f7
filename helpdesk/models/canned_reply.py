"""Texts to answer with."""

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.database.types import Created, Id
from helpdesk.extensions import db


class CannedReply(db.Model):
    """A text to answer with, in Markdown with variables. Without ``owner`` it is the team's.

    ``status`` is what the ticket is set to when it is sent, if anything.
    """

    __tablename__ = "canned_replies"

    id: Mapped[Id]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(80))
    body: Mapped[str] = mapped_column(Text)
    status: Mapped[str | None] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[Created]
    updated_at: Mapped[Created]

    __mapper_args__ = {"version_id_col": version}
