"""QA reviews: how leads rate solved tickets, and the criteria of their scorecard."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import BigId, Created, Id, Time, one_of_condition
from helpdesk.extensions import Base
from helpdesk.models.personal_data import CODE, CONFIGURATION, ErasedBy
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

RATINGS = ("excellent", "good", "improve")


class QaReview(Base):
    """A lead's rating of how a solved ticket was handled, and a comment that only its agent and the leads read.

    ``answer``: what the agent answered to the comment.
    """

    __tablename__ = "qa_reviews"
    personal_data = {
        "rating": CODE,
        "comment": ErasedBy("erase_reviews"),
        "answer": ErasedBy("erase_reviews"),
    }

    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    rating: Mapped[str] = mapped_column(String(16))
    comment: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[Created]
    read_at: Mapped[Time | None]
    answer: Mapped[str] = mapped_column(Text, default="", server_default="")
    answered_at: Mapped[Time | None]

    ticket: Mapped[Ticket] = relationship()
    reviewer: Mapped[User | None] = relationship(foreign_keys=reviewer_id)
    agent: Mapped[User | None] = relationship(foreign_keys=agent_id)
    scores: Mapped[list["ReviewScore"]] = relationship(viewonly=True)

    __table_args__ = (
        CheckConstraint(one_of_condition("rating", RATINGS), name="rating"),
        Index("ix_qa_reviews_agent_read", "agent_id", "read_at"),
        Index("ix_qa_reviews_created", "created_at"),
    )


class ReviewCriterion(Base):
    """One line of the scorecard, in the team's own words. ``removed_at``: it is scored no longer; its scores stay."""

    __tablename__ = "review_criteria"
    personal_data = {"name": CONFIGURATION, "help": CONFIGURATION}

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(80))
    help: Mapped[str] = mapped_column(String(300), default="")
    position: Mapped[int] = mapped_column(default=0)
    removed_at: Mapped[Time | None]
    created_at: Mapped[Created]


class ReviewScore(Base):
    """How well one criterion was met on a reviewed ticket, from 1 to 5; without a row it did not apply."""

    __tablename__ = "review_scores"

    ticket_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("qa_reviews.ticket_id", ondelete="CASCADE"), primary_key=True
    )
    criterion_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("review_criteria.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    score: Mapped[int]

    criterion: Mapped[ReviewCriterion] = relationship()

    __table_args__ = (CheckConstraint("score BETWEEN 1 AND 5", name="score"),)
