"""Notifications: what a person is notified of, and the browsers that show it with the page closed."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import Created, Id, Time, one_of_condition
from helpdesk.extensions import Base
from helpdesk.models.message import Message
from helpdesk.models.personal_data import CODE, CONFIGURATION, ERASED_NAME, Erased, RowDeleted
from helpdesk.models.session import Session
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User


class NotificationKind(StrEnum):
    """What a notification is about.

    ``rule``: a rule asked for it; ``detail`` is its name. For a target of the service level ``detail`` is the timer's
    kind. ``sign_in_connection``: people may soon be unable to sign in with it, or already are; ``detail`` is what
    ``connections.troubles`` says.
    """

    assigned = "assigned"
    mention = "mention"
    reply = "reply"
    unassigned_urgent = "unassigned_urgent"
    sla_at_risk = "sla_at_risk"
    sla_breached = "sla_breached"
    review = "review"
    review_answer = "review_answer"
    delivery_failed = "delivery_failed"
    unmatched_mail = "unmatched_mail"
    rule = "rule"
    sign_in_connection = "sign_in_connection"


class NotificationChannel(StrEnum):
    """Where a person can be notified: the list of notifications, a mail, a browser, or a chat such as Slack."""

    inbox = "inbox"
    mail = "mail"
    browser = "browser"
    chat = "chat"


class MailRhythm(StrEnum):
    """When notifications are mailed: each one soon, or all of an hour or a day in one mail."""

    soon = "soon"
    hourly = "hourly"
    daily = "daily"


class Notification(Base):
    """One thing that one person is notified of. ``is_listed``: it is in their list.

    ``actor_name`` is the name of whoever caused it, also without an account. ``mail_waits``: it is for the next mail of
    an hour or a day. Whoever opens the ticket has read it.
    """

    __tablename__ = "notifications"
    personal_data = {
        "kind": CODE,
        "actor_name": Erased("actor_id", ERASED_NAME, words=False),
        "detail": CONFIGURATION,
    }

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    detail: Mapped[str | None] = mapped_column(String(120))
    is_listed: Mapped[bool] = mapped_column(default=True)
    mail_waits: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Created]
    read_at: Mapped[Time | None]

    user: Mapped[User] = relationship(foreign_keys=user_id)
    ticket: Mapped[Ticket | None] = relationship()
    message: Mapped[Message | None] = relationship()

    __table_args__ = (
        CheckConstraint(one_of_condition("kind", NotificationKind), name="kind"),
        Index("ix_notifications_user_id", "user_id", "id"),
        Index(
            "ix_notifications_unread",
            "user_id",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
        Index(
            "ix_notifications_mail_waits",
            "user_id",
            sqlite_where=text("mail_waits"),
            postgresql_where=text("mail_waits"),
        ),
        Index("ix_notifications_created_at", "created_at"),
    )


class PushSubscription(Base):
    """A browser that shows notices, as its push service described it (W3C Push API): address and two keys.

    ``server_key``: fingerprint of our public key (VAPID, RFC 8292) that it accepts. It ends with the session in which
    it was added.
    """

    __tablename__ = "push_subscriptions"
    personal_data = RowDeleted("user_id")

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    endpoint_hash: Mapped[str] = mapped_column(String(64), unique=True)
    endpoint: Mapped[str] = mapped_column(Text)
    public_key: Mapped[str] = mapped_column(String(120))
    auth_secret: Mapped[str] = mapped_column(String(40))
    server_key: Mapped[str] = mapped_column(String(64))
    user_agent: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[Created]

    user: Mapped[User] = relationship()
    session: Mapped[Session] = relationship()
