"""Followers: who gets a ticket's replies by mail besides its requester."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import Created
from helpdesk.extensions import Base
from helpdesk.models.personal_data import RowDeleted
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User


class Follower(Base):
    """A person besides the requester who gets a ticket's replies by mail."""

    __tablename__ = "followers"
    personal_data = RowDeleted("user_id")

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    created_at: Mapped[Created]

    ticket: Mapped[Ticket] = relationship(back_populates="followers")
    user: Mapped[User] = relationship()
