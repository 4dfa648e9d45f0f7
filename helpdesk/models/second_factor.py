"""The second factor of a person: an authenticator app, and recovery codes for when it is lost."""

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.database.types import BigId, Time
from helpdesk.extensions import Base
from helpdesk.models.personal_data import RowDeleted


class Authenticator(Base):
    """An authenticator app (TOTP, RFC 6238). ``secret`` is encrypted; it counts from ``confirmed_at`` on.

    ``last_step`` is the time step of the last accepted code, which is not accepted again. ``failures`` counts wrong
    codes since the last right one, the latest at ``failed_at``.
    """

    __tablename__ = "authenticators"
    personal_data = RowDeleted("user_id")

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[str] = mapped_column(Text)
    confirmed_at: Mapped[Time | None]
    last_step: Mapped[int] = mapped_column(BigId, default=0)
    failures: Mapped[int] = mapped_column(default=0)
    failed_at: Mapped[Time | None]


class RecoveryCode(Base):
    """One code that replaces the authenticator app once; only its hash is stored."""

    __tablename__ = "recovery_codes"
    personal_data = RowDeleted("user_id")

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    used_at: Mapped[Time | None]
