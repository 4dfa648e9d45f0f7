"""Saved views: named filters of the agents' queue."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import Created, Id
from helpdesk.extensions import Base
from helpdesk.models.personal_data import RowDeleted
from helpdesk.models.user import User


class SavedView(Base):
    """Named filters of the queue. ``shared``: the whole team sees them; the owner and admins may change them."""

    __tablename__ = "saved_views"
    personal_data = RowDeleted("owner_id")

    id: Mapped[Id]
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(60))
    shared: Mapped[bool] = mapped_column(default=False)
    filters: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[Created]

    owner: Mapped[User] = relationship()

    __table_args__ = (UniqueConstraint("owner_id", "name"),)
