"""Users, their memberships in organizations, and their identities at sign-in providers."""

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from helpdesk.database.types import BigId, Created, Id, Time, one_of_condition
from helpdesk.extensions import Base
from helpdesk.markup import search_words
from helpdesk.models.organization import Organization
from helpdesk.models.personal_data import CODE, ErasedBy, RowDeleted


class Role(StrEnum):
    """The role of a user. All but requesters belong to the team."""

    requester = "requester"
    agent = "agent"
    lead = "lead"
    admin = "admin"


def format_display_name(name: str, email: str) -> str:
    """``name``, or the part of the address before the @ if it is empty."""
    return name or _name_from_address(email)


def _name_from_address(email: str) -> str:
    """Return the part of the address before the @; "ann.lee" is written as the name that it is made of, "Ann Lee"."""
    local = email.partition("@")[0]
    words = re.split(r"[._]+", local.strip("._"))
    return " ".join(map(str.capitalize, words)) if len(words) > 1 and all(map(str.isalpha, words)) else local


class User(Base):
    """A person. ``organization`` is the current one of a requester; members of the team have none.

    ``email`` is canonical (domain.email_address). It is for writing to the person; a provider's account is
    recognised by its subject (Identity), not by its address. ``search_words``: the words of name and address, as a
    search of the team compares them.

    ``chat_notifications``: where an agent is notified in a chat such as Slack: in the ticket's "thread", by a "direct"
    message, or "off". ``quiet_from`` and ``quiet_until`` are minutes of the day, in the person's time zone, between
    which they are not. ``language``: the code of the language they chose, if they did.

    ``notification_channels``: where they want which kind of notification, None until they chose; ``mail_rhythm``: when
    these are mailed (models.notification).

    ``notes``: what the team should know about them, which customers never see.

    ``merged_into_id``: the person who this turned out to be; the row stays, deactivated, so that a merge can be undone.
    """

    __tablename__ = "users"
    personal_data = {
        "email": ErasedBy("erase_account"),
        "name": ErasedBy("erase_account"),
        "picture_url": ErasedBy("erase_account"),
        "slack_user_id": ErasedBy("erase_account"),
        "time_zone": ErasedBy("erase_account"),
        "email_undeliverable_reason": ErasedBy("erase_account"),
        "search_words": ErasedBy("erase_account"),
        "role": CODE,
        "ticket_visibility": CODE,
        "chat_notifications": CODE,
        "language": ErasedBy("erase_account"),
        "notification_channels": CODE,
        "mail_rhythm": CODE,
        "notes": ErasedBy("erase_account"),
    }

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    role: Mapped[str] = mapped_column(String(16), default=Role.requester)
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    ticket_visibility: Mapped[str] = mapped_column(String(16), default="organization")
    picture_url: Mapped[str | None] = mapped_column(String(500))
    slack_user_id: Mapped[str | None] = mapped_column(String(32), unique=True)
    time_zone: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str | None] = mapped_column(String(16))
    mail_replies: Mapped[bool] = mapped_column(default=True)
    mail_updates: Mapped[bool] = mapped_column(default=True)
    mail_failures: Mapped[int] = mapped_column(default=0)
    email_undeliverable_reason: Mapped[str | None] = mapped_column(Text)
    chat_notifications: Mapped[str] = mapped_column(String(8), default="thread", server_default="thread")
    quiet_from: Mapped[int | None]
    quiet_until: Mapped[int | None]
    notification_channels: Mapped[dict[str, list[str]] | None] = mapped_column(JSON)
    mail_rhythm: Mapped[str] = mapped_column(String(8), default="soon", server_default="soon")
    created_at: Mapped[Created]
    last_seen_at: Mapped[Time | None]
    email_verified_at: Mapped[Time | None]
    deactivated_at: Mapped[Time | None]
    erased_at: Mapped[Time | None]
    merged_into_id: Mapped[int | None] = mapped_column(BigId, index=True)
    search_words: Mapped[str] = mapped_column(Text, default="", server_default="")
    notes: Mapped[str] = mapped_column(Text, default="", server_default="", deferred=True)

    organization: Mapped[Organization | None] = relationship()
    identities: Mapped[list["Identity"]] = relationship(back_populates="user")
    aliases: Mapped[list["UserAlias"]] = relationship(back_populates="user", order_by="UserAlias.email")

    __table_args__ = (
        CheckConstraint(one_of_condition("role", Role), name="role"),
        CheckConstraint(one_of_condition("ticket_visibility", ("own", "organization")), name="ticket_visibility"),
        CheckConstraint("role = 'requester' OR organization_id IS NULL", name="team_has_no_organization"),
    )

    is_authenticated = True  # Flask-Login reads these two
    is_anonymous = False
    is_impersonating = False  # True for the temporary user as whom a member of the team views the portal
    if TYPE_CHECKING:
        viewer: "User"  # the member of the team; set where is_impersonating
        viewed: Organization  # the organization whose portal they view; set where is_impersonating
        session: Any  # the SessionInfo of this person's request, or None
    else:
        session = None

    @validates("name", "email")
    def _set_search_words(self, key: str, value: str) -> str:
        texts = {"name": self.name, "email": self.email, key: value}
        self.search_words = search_words.join_words(*texts.values(), *(alias.email for alias in self.aliases))
        return value

    @property
    def is_team(self) -> bool:
        """Whether this person belongs to the team."""
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
        """The name, or the part of the address before the @ if there is none."""
        return format_display_name(self.name, self.email)


class UserAlias(Base):
    """Another address of a person: a former one, or that of an account that was merged into theirs.

    A mail from it is theirs, and a customer whom an organization admits by it may sign in with it. Mail to them goes to
    ``User.email`` only.
    """

    __tablename__ = "user_aliases"
    personal_data = RowDeleted("user_id")

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    created_at: Mapped[Created]

    user: Mapped[User] = relationship(back_populates="aliases")


class Membership(Base):
    """What one person may see in one organization, stored also while another one is their current organization.

    ``User.ticket_visibility`` is the value of the current one. ``is_admin``: they manage the organization's people.
    ``removed_at``: an admin of the organization removed them; its other rules do not admit them then. ``invited_at``:
    such an admin invited them, and they have not acted for the organization since. ``is_emergency_admin``: while they
    are an admin of it they may sign in by a link, whatever it requires.
    """

    __tablename__ = "memberships"
    personal_data = RowDeleted("user_id")

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    ticket_visibility: Mapped[str] = mapped_column(String(16))
    is_admin: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_emergency_admin: Mapped[bool] = mapped_column(default=False, server_default=false())
    removed_at: Mapped[Time | None]
    invited_at: Mapped[Time | None]

    __table_args__ = (
        CheckConstraint(one_of_condition("ticket_visibility", ("own", "organization")), name="ticket_visibility"),
    )


class Identity(Base):
    """A user's account at a sign-in provider: (provider, issuer, subject) never changes, unlike an address."""

    __tablename__ = "identities"
    personal_data = RowDeleted("user_id")

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
