"""Sessions: who is signed in, and in which browser."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import BigId, Created, Id, Time, partial_index_not_null
from helpdesk.extensions import Base
from helpdesk.models.organization import Organization
from helpdesk.models.personal_data import RowDeleted
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.models.user import User


class Session(Base):
    """One browser in which a person is signed in. The cookie contains the token, the row only its hash.

    Revoking the row signs the browser out at once. ``impersonated_organization`` is set while a member of the team
    views the portal as that customer, read-only. ``second_factor_at`` is when the second factor was given in it,
    ``proved_at`` when the person last proved who they are, at the sign-in or by a code since. ``connection_id``: the
    identity provider that signed them in, ``provider_session`` what it calls its own session (the claim ``sid``).
    """

    __tablename__ = "sessions"
    personal_data = RowDeleted("user_id")

    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[Created]
    last_seen_at: Mapped[Created]
    expires_at: Mapped[Time]
    revoked_at: Mapped[Time | None]
    second_factor_at: Mapped[Time | None]
    proved_at: Mapped[Time | None]
    provider: Mapped[str] = mapped_column(String(20), default="link")
    connection_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("sign_in_connections.id", ondelete="CASCADE"))
    provider_session: Mapped[str | None] = mapped_column(String(255))
    user_agent: Mapped[str] = mapped_column(String(300), default="")
    ip_prefix: Mapped[str] = mapped_column(String(64), default="")
    impersonated_organization_id: Mapped[int | None] = mapped_column(
        ForeignKey("organizations.id", ondelete="SET NULL")
    )

    user: Mapped[User] = relationship()
    impersonated_organization: Mapped[Organization | None] = relationship()
    connection: Mapped[SignInConnection | None] = relationship()

    __table_args__ = (partial_index_not_null("sessions", "connection_id"),)
