"""Customer satisfaction (CSAT): ratings of solved tickets by their requesters."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.database.types import Created
from helpdesk.extensions import Base
from helpdesk.models.personal_data import Erased


class Rating(Base):
    """The requester's rating of a solved ticket, from 1 to 5. The rating style "faces" uses 1 and 5."""

    __tablename__ = "ratings"
    personal_data = {
        "comment": Erased("user_id"),
    }

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    score: Mapped[int]
    comment: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[Created]

    __table_args__ = (
        CheckConstraint("score BETWEEN 1 AND 5", name="score"),
        Index("ix_ratings_score_created", "score", "created_at", "ticket_id"),
    )
