"""Links between related tickets."""

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.database.types import Created
from helpdesk.extensions import Base


class TicketLink(Base):
    """A link between two related tickets; ``low_id`` is the smaller number, so that a pair is one row."""

    __tablename__ = "ticket_links"

    low_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    high_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True, index=True)
    linked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[Created]

    __table_args__ = (CheckConstraint("low_id < high_id", name="ordered"),)
