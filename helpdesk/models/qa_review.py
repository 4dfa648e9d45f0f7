"""QA reviews: ratings of solved tickets by leads."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import BigId, Created, Time, one_of_condition
from helpdesk.extensions import Base
from helpdesk.models.personal_data import CODE, ErasedBy
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

RATINGS = ("excellent", "good", "improve")


class QaReview(Base):
    """A lead's rating of how a solved ticket was handled, and a comment that only its agent and the leads read."""

    __tablename__ = "qa_reviews"
    personal_data = {
        "rating": CODE,
        "comment": ErasedBy("erase_reviews"),
    }

    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    rating: Mapped[str] = mapped_column(String(16))
    comment: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[Created]
    read_at: Mapped[Time | None]

    ticket: Mapped[Ticket] = relationship()
    reviewer: Mapped[User | None] = relationship(foreign_keys=reviewer_id)
    agent: Mapped[User | None] = relationship(foreign_keys=agent_id)

    __table_args__ = (
        CheckConstraint(one_of_condition("rating", RATINGS), name="rating"),
        Index("ix_qa_reviews_agent_read", "agent_id", "read_at"),
    )
