"""Who is signed in where."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import Created, Id, Time
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from helpdesk.models.user import User


class Session(db.Model):
    """One browser signed in. The cookie holds the token, the row only its hash; revoking the row ends it at once.

    ``impersonated_organization`` is set while somebody of the team looks at the portal as that customer, read-only.
    """

    __tablename__ = "sessions"

    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[Created]
    last_seen_at: Mapped[Created]
    expires_at: Mapped[Time]
    revoked_at: Mapped[Time | None]
    provider: Mapped[str] = mapped_column(String(20), default="link")
    user_agent: Mapped[str] = mapped_column(String(300), default="")
    ip_prefix: Mapped[str] = mapped_column(String(64), default="")
    impersonated_organization_id: Mapped[int | None] = mapped_column(
        ForeignKey("organizations.id", ondelete="SET NULL")
    )

    user: Mapped[User] = relationship()
    impersonated_organization: Mapped[Organization | None] = relationship()
