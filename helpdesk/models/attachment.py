"""Files of messages, and drafts of them."""

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import (
    BigId,
    Created,
    Id,
)
from helpdesk.extensions import db
from helpdesk.models.message import Message
from helpdesk.models.ticket import ticket_foreign_key

IMAGE_TYPES = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp"}
)  # what browsers and mail programs may show in place


class Attachment(db.Model):
    """A file somebody added. ``key`` is random: its name in the store and in its address. Without a message it is a draft
    of ``uploader``'s, swept away after a day. ``state``: stored, or why it is not there (fetching, refused)."""

    __tablename__ = "attachments"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(64), unique=True)
    organization_id: Mapped[int | None] = mapped_column(BigId, index=True)
    ticket_id: Mapped[int | None] = mapped_column(BigId, index=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    uploader_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    name: Mapped[str] = mapped_column(String(150))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigId)
    state: Mapped[str] = mapped_column(String(16), default="stored")
    reason: Mapped[str | None] = mapped_column(Text)
    origin_external_id: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[Created]

    message: Mapped[Message | None] = relationship(back_populates="attachments")

    __table_args__ = (ticket_foreign_key(),)

    @property
    def is_image(self) -> bool:
        """Whether browsers may show it in place; its first bytes were compared with its type when it was stored."""
        return self.media_type in IMAGE_TYPES and self.state == "stored"
