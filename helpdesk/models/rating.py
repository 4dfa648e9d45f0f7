"""Customer satisfaction (CSAT) ratings of solved tickets."""

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.database.types import (
    Created,
)
from helpdesk.extensions import db


class Rating(db.Model):
    """What the requester thought of a solved ticket: 1 to 5 (two faces are 1 and 5)."""

    __tablename__ = "ratings"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    score: Mapped[int]
    comment: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[Created]

    __table_args__ = (CheckConstraint("score BETWEEN 1 AND 5", name="score"),)
