"""How far somebody has read a ticket."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.database.types import (
    Created,
)
from helpdesk.extensions import db


class ReadReceipt(db.Model):
    """How far somebody has read a ticket: the highest place in its timeline they had before their eyes, and when."""

    __tablename__ = "read_receipts"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True, index=True)
    seq: Mapped[int] = mapped_column(default=0)
    at: Mapped[Created]
