"""Emoji that a workspace made itself: their pictures, copied into our storage."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.database.types import Id, Time
from helpdesk.extensions import Base
from helpdesk.models.personal_data import CODE, CONFIGURATION, IDENTIFIER


class CustomEmoji(Base):
    """An emoji name that a message has and no standard emoji.

    ``key``: its picture in the storage, None without one. ``checked_at``: when the workspace was last asked, None if
    never.
    """

    __tablename__ = "custom_emoji"
    personal_data = {"name": CONFIGURATION, "key": IDENTIFIER, "media_type": CODE}

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(100), unique=True)
    key: Mapped[str | None] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(20), default="")
    checked_at: Mapped[Time | None]
