"""People, what they may see in which organization, and how providers know them."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import Created, Id, Time, one_of_condition
from helpdesk.extensions import db
from helpdesk.models.organization import Organization


class Role(StrEnum):
    """What a user is. All but a requester are the team's."""

    requester = "requester"
    agent = "agent"
    lead = "lead"
    admin = "admin"


def format_display_name(name: str, email: str) -> str:
    """The name, or the part of the address before the @ while none is known."""
    return name or email.partition("@")[0]


class User(db.Model):
    """A person. ``organization`` is a requester's present one; nobody of the team has one.

    ``email`` is canonical (channels.email.address) and an address to write to; providers' subjects are the keys (Identity).
    """

    __tablename__ = "users"

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    role: Mapped[str] = mapped_column(String(16), default=Role.requester)
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    ticket_visibility: Mapped[str] = mapped_column(String(16), default="organization")
    picture_url: Mapped[str | None] = mapped_column(String(500))
    slack_user_id: Mapped[str | None] = mapped_column(String(32), unique=True)
    time_zone: Mapped[str | None] = mapped_column(String(64))
    mail_replies: Mapped[bool] = mapped_column(default=True)
    mail_updates: Mapped[bool] = mapped_column(default=True)
    mail_failures: Mapped[int] = mapped_column(default=0)
    email_undeliverable_reason: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Created]
    last_seen_at: Mapped[Time | None]
    email_verified_at: Mapped[Time | None]
    deactivated_at: Mapped[Time | None]
    erased_at: Mapped[Time | None]

    organization: Mapped[Organization | None] = relationship()
    identities: Mapped[list["Identity"]] = relationship(back_populates="user")

    __table_args__ = (
        CheckConstraint(one_of_condition("role", Role), name="role"),
        CheckConstraint(one_of_condition("ticket_visibility", ("own", "organization")), name="ticket_visibility"),
        CheckConstraint("role = 'requester' OR organization_id IS NULL", name="team_has_no_organization"),
    )

    is_authenticated = True  # what tells a signed-in person from a stranger
    is_anonymous = False
    is_impersonating = False  # True for the stand-in through whose eyes somebody of the team looks at the portal
    session = None  # the session this person's request came with, set by whoever loaded them

    @property
    def is_team(self) -> bool:
        """Whether this person runs the helpdesk rather than asks it."""
        return self.role != Role.requester

    @property
    def is_lead(self) -> bool:
        return self.role in (Role.lead, Role.admin)

    @property
    def is_admin(self) -> bool:
        return self.role == Role.admin

    @property
    def is_active(self) -> bool:
        return self.deactivated_at is None

    @property
    def display_name(self) -> str:
        """The name, or the part of the address before the @ while none is known."""
        return format_display_name(self.name, self.email)


class Membership(db.Model):
    """What one person sees in one organization, kept while they are in another; ``User.ticket_visibility`` is that of the present one."""

    __tablename__ = "memberships"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    ticket_visibility: Mapped[str] = mapped_column(String(16))

    __table_args__ = (
        CheckConstraint(one_of_condition("ticket_visibility", ("own", "organization")), name="ticket_visibility"),
    )


class Identity(db.Model):
    """How a provider knows a user: (provider, issuer, subject), which never changes, unlike an address."""

    __tablename__ = "identities"

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    provider: Mapped[str] = mapped_column(String(20))
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    email: Mapped[str | None] = mapped_column(String(254))
    confirmed_at: Mapped[Created]
    created_at: Mapped[Created]
    last_used_at: Mapped[Time | None]

    user: Mapped[User] = relationship(back_populates="identities")

    __table_args__ = (UniqueConstraint("provider", "issuer", "subject"),)
