"""Read receipts: how far each person has read a ticket."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.database.types import Created
from helpdesk.extensions import Base
from helpdesk.models.personal_data import RowDeleted


class ReadReceipt(Base):
    """How far a person has read a ticket: the highest ``seq`` of its timeline that was shown to them, and when."""

    __tablename__ = "read_receipts"
    personal_data = RowDeleted("user_id")

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True, index=True)
    seq: Mapped[int] = mapped_column(default=0)
    at: Mapped[Created]
