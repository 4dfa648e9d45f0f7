"""Reactions: emoji that people put on messages."""

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import BigId, Created, Id
from helpdesk.extensions import Base
from helpdesk.models.message import Message
from helpdesk.models.personal_data import RowDeleted
from helpdesk.models.user import User


class Reaction(Base):
    """One emoji of one person on a message. ``emoji``: a character, or ":name:" of an installation's own.

    ``thread_id``: the thread in which they put it there, 0 for the page; only there it can be taken away. Somebody
    without an account has their id in that channel as ``outside_id``, and a ``name``. ``team_only``: it was put where
    only the team reads.
    """

    __tablename__ = "reactions"
    personal_data = RowDeleted("user_id")

    id: Mapped[Id]
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    outside_id: Mapped[str | None] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200), default="")
    emoji: Mapped[str] = mapped_column(String(100))
    thread_id: Mapped[int] = mapped_column(BigId, default=0)
    team_only: Mapped[bool]
    created_at: Mapped[Created]

    message: Mapped[Message] = relationship()
    user: Mapped[User | None] = relationship()

    __table_args__ = (
        UniqueConstraint("message_id", "emoji", "user_id", "thread_id"),
        UniqueConstraint("message_id", "emoji", "outside_id", "thread_id"),
    )
