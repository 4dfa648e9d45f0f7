"""Senders whose mail the team has accepted although nothing proves who wrote it."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import Created, Id
from helpdesk.extensions import Base
from helpdesk.models.personal_data import RowDeleted
from helpdesk.models.user import User


class TrustedSender(Base):
    """One address, or with "@globex.example" all of a domain, that the team accepted mail from.

    With ``user_id`` the address is another one of that person's, and its mail counts as theirs. Without, mail from it
    is accepted although its domain proves nothing; mail that fails a proof never is.
    """

    __tablename__ = "trusted_senders"
    personal_data = RowDeleted("user_id")

    id: Mapped[Id]
    address: Mapped[str] = mapped_column(String(255), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[Created]

    user: Mapped[User | None] = relationship(foreign_keys=[user_id])
