"""Sign-in links sent by mail, and invitations."""

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.database.types import Created, Id, Time
from helpdesk.extensions import Base
from helpdesk.models.personal_data import ErasedBy


class SignInLink(Base):
    """One sign-in link or invitation. Token and code are derived from ``nonce`` and our key; only hashes are stored.

    A row is written for every request, also for an address that is not admitted (``refused``), so that the response
    takes the same time for both. ``trust`` is how well the requesting browser is known (``rate_limits.Trust``).
    ``browser`` is what the requesting browser calls itself and ``time_zone`` the one it says it is in, "" if unknown;
    both are shown where the sign-in is approved in another browser.
    ``purpose``: sign_in, invitation, or pause: the link with which somebody stops requests for their address.
    """

    __tablename__ = "sign_in_links"
    personal_data = {
        "purpose": ErasedBy("erase_address"),
        "email": ErasedBy("erase_address"),
        "nonce": ErasedBy("erase_address"),
        "token_hash": ErasedBy("erase_address"),
        "code_hash": ErasedBy("erase_address"),
        "browser_hash": ErasedBy("erase_address"),
        "next_path": ErasedBy("erase_address"),
        "ip_prefix": ErasedBy("erase_address"),
        "refused": ErasedBy("erase_address"),
        "trust": ErasedBy("erase_address"),
        "pending_identity": ErasedBy("erase_address"),
        "browser": ErasedBy("erase_address"),
        "time_zone": ErasedBy("erase_address"),
    }

    id: Mapped[Id]
    purpose: Mapped[str] = mapped_column(String(20), default="sign_in")
    email: Mapped[str] = mapped_column(String(254))
    nonce: Mapped[str] = mapped_column(String(64))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    code_hash: Mapped[str | None] = mapped_column(String(64))
    browser_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    code_tries: Mapped[int] = mapped_column(default=0)
    browser: Mapped[str] = mapped_column(String(300), default="", server_default="")
    time_zone: Mapped[str] = mapped_column(String(64), default="", server_default="")
    approval_tries: Mapped[int] = mapped_column(default=0, server_default="0")
    approved_at: Mapped[Time | None]
    next_path: Mapped[str | None] = mapped_column(Text)
    ip_prefix: Mapped[str] = mapped_column(String(64), default="")
    refused: Mapped[str | None] = mapped_column(String(40))
    trust: Mapped[str | None] = mapped_column(String(8))
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("identities.id", ondelete="CASCADE"))
    pending_identity: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Created]
    expires_at: Mapped[Time]
    used_at: Mapped[Time | None]

    __table_args__ = (
        Index("ix_sign_in_links_email_created_at", "email", "created_at"),
        Index("ix_sign_in_links_ip_prefix_created_at", "ip_prefix", "created_at"),
        Index("ix_sign_in_links_created_at", "created_at"),
    )
