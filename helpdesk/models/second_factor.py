"""The second factor of a person: an authenticator app or passkeys, and recovery codes for when they are lost."""

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.database.types import BigId, Created, Id, Time
from helpdesk.extensions import Base
from helpdesk.models.personal_data import IDENTIFIER, RowDeleted


class Authenticator(Base):
    """An authenticator app (TOTP, RFC 6238). ``secret`` is encrypted; it counts from ``confirmed_at`` on.

    ``last_step`` is the time step of the last accepted code, which is not accepted again. ``failures`` counts wrong
    codes since the last right one, the latest at ``failed_at``; recovery codes count there too, so whoever has
    passkeys only has a row without an app: its ``secret`` is "".
    """

    __tablename__ = "authenticators"
    personal_data = RowDeleted("user_id")

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[str] = mapped_column(Text)
    confirmed_at: Mapped[Time | None]
    last_step: Mapped[int] = mapped_column(BigId, default=0)
    failures: Mapped[int] = mapped_column(default=0)
    failed_at: Mapped[Time | None]


class Passkey(Base):
    """A passkey or security key (WebAuthn level 2): ``name`` is what its owner calls it.

    ``credential_id`` is base64url, ``public_key`` a COSE key. ``sign_count`` is the counter that the key last sent; 0
    where it has none.
    """

    __tablename__ = "passkeys"
    personal_data = RowDeleted("user_id")

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigId, default=0)
    name: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[Created]
    last_used_at: Mapped[Time | None]


class PasskeyChallenge(Base):
    """What a passkey is asked to sign in one session, once. Only its hash is stored."""

    __tablename__ = "passkey_challenges"
    personal_data = {"challenge_hash": IDENTIFIER}

    challenge_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[Time]


class RecoveryCode(Base):
    """One code that replaces the authenticator app or a passkey once; only its hash is stored."""

    __tablename__ = "recovery_codes"
    personal_data = RowDeleted("user_id")

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    used_at: Mapped[Time | None]
