"""Files attached to messages, and uploaded drafts."""

from sqlalchemy import ForeignKey, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import BigId, Created, Id
from helpdesk.extensions import Base
from helpdesk.models.message import Message
from helpdesk.models.personal_data import RowDeleted
from helpdesk.models.ticket import ticket_foreign_key

# The types that browsers and mail programs may show in place.
IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


class Attachment(Base):
    """An uploaded file. Without a message it is a draft of ``uploader_id``, deleted after a day.

    ``key`` is random: the file's name in the storage and in its URL. ``size`` is in bytes. ``state``: stored, fetching
    (a worker is downloading it), scanning (for viruses) or refused, with the ``reason``. ``is_decoration``: a logo or
    icon inside a mail's text, which is not posted anywhere by itself.
    """

    __tablename__ = "attachments"
    personal_data = RowDeleted("uploader_id")

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
    is_decoration: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[Created]

    message: Mapped[Message | None] = relationship(back_populates="attachments")

    __table_args__ = (
        ticket_foreign_key(),
        Index(
            "ix_attachments_scanning",
            "id",
            sqlite_where=text("state = 'scanning'"),
            postgresql_where=text("state = 'scanning'"),
        ),
    )

    @property
    def is_image(self) -> bool:
        """Whether browsers may show it in place; its first bytes were compared with its type when it was stored."""
        return self.media_type in IMAGE_TYPES and self.state == "stored"
