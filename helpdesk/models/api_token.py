"""API tokens, with which other programs sign in."""

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import Created, Id, Time
from helpdesk.extensions import Base
from helpdesk.models.personal_data import RowDeleted
from helpdesk.models.user import User

API_TOKEN_SCOPES = ("tickets:read", "tickets:write", "organizations:read", "connections:read", "connections:write")


class ApiToken(Base):
    """The token of a program. It acts as ``user``, with their permissions, limited to its ``scopes``.

    ``shown`` are its first characters, by which people recognise it; only the hash of the token is stored.
    """

    __tablename__ = "api_tokens"
    personal_data = RowDeleted("user_id")

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    shown: Mapped[str] = mapped_column(String(16))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[Created]
    expires_at: Mapped[Time | None]
    last_used_at: Mapped[Time | None]
    revoked_at: Mapped[Time | None]
    revoked_reason: Mapped[str | None] = mapped_column(Text)

    user: Mapped[User] = relationship()
