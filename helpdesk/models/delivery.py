"""The outbox: messages, updates and mails that are to be sent."""

import secrets
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import Created, Id, Time, one_of_condition
from helpdesk.extensions import Base
from helpdesk.models.message import Message
from helpdesk.models.personal_data import CODE, IDENTIFIER, ErasedBy
from helpdesk.models.thread import Thread
from helpdesk.translation import gettext


class DeliveryState(StrEnum):
    """The state of a delivery.

    ``unknown``: it may have been sent, so a worker looks it up before the next attempt. ``failed`` and ``on_hold`` wait
    for a person.
    """

    pending = "pending"
    sending = "sending"
    unknown = "unknown"
    failed = "failed"
    on_hold = "on_hold"
    sent = "sent"
    cancelled = "cancelled"


UNFINISHED_STATES = (
    DeliveryState.pending,
    DeliveryState.sending,
    DeliveryState.unknown,
    DeliveryState.failed,
    DeliveryState.on_hold,
)


FINISHED_STATES = (DeliveryState.sent, DeliveryState.cancelled)


class DeliveryKind(StrEnum):
    """What a delivery sends.

    ``card`` is the root message of a thread and ``card_update`` a new version of it; ``message``, ``edit``, ``delete``,
    ``file`` and ``delete_file`` concern messages of the ticket; ``line`` is a sentence written by the helpdesk itself
    and ``mark`` a reaction. ``received``, ``solved`` and ``closing_soon`` are mails about a ticket. The others belong
    to no thread: an agent's Slack home page, mails about accounts, reports, notifications by mail and in a browser, a
    webhook's request.
    """

    card = "card"
    card_update = "card_update"
    message = "message"
    edit = "edit"
    delete = "delete"
    file = "file"
    delete_file = "delete_file"
    line = "line"
    mark = "mark"
    received = "received"
    solved = "solved"
    closing_soon = "closing_soon"
    home = "home"
    sign_in = "sign_in"
    invitation = "invitation"
    linked = "linked"
    weekly_summary = "weekly_summary"
    delivery_alert = "delivery_alert"
    mail_test = "mail_test"
    mail_waiting = "mail_waiting"
    quarantine_summary = "quarantine_summary"
    notification = "notification"
    notification_digest = "notification_digest"
    browser_notice = "browser_notice"
    report = "report"
    webhook = "webhook"


# Finished deliveries that nothing refers to again; those of messages tell later edits which copies there are.
PURGEABLE_SQL = "state IN ('sent', 'cancelled') AND (thread_id IS NULL OR kind = 'card_update')"
BEGINS_THREAD_SQL = "kind IN ('card', 'line')"  # what is posted outside of every thread


class Delivery(Base):
    """One message, update or mail to be sent into one thread: a row of the outbox.

    A delivery that belongs to no ticket has no ``thread_id``; ``subject_id`` is then the id of the row it is about.
    Deliveries of one thread and ``queue_key`` are sent in the order of their ids: "talk" is the conversation, "card"
    the updates of its card. ``part`` counts the parts of a split message, ``revision`` its edits. ``key`` is sent
    along, so that the message can be recognised on the other side. ``started_at`` is the start of the latest attempt.
    ``lease_until`` is the end of a claim, or of the hold-off of a delivery with an unknown result.
    ``possibly_sent_since`` is the start of the first attempt with an unknown result, and None once the result is known.
    ``content`` is a rendered mail, stored before the first attempt.
    """

    __tablename__ = "deliveries"
    personal_data = {
        "key": IDENTIFIER,
        "kind": CODE,
        "queue_key": CODE,
        "state": CODE,
        "lease_owner": IDENTIFIER,
        "reason": ErasedBy("erase_from_deliveries"),
        "external_id": IDENTIFIER,
        "data": ErasedBy("erase_from_deliveries"),
        "content": ErasedBy("erase_from_deliveries"),
    }

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: Delivery.make_key())
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("threads.id", ondelete="CASCADE"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    subject_id: Mapped[int | None]
    kind: Mapped[str] = mapped_column(String(20))
    queue_key: Mapped[str] = mapped_column(String(8), default="talk")
    part: Mapped[int] = mapped_column(default=1)
    revision: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(12), default=DeliveryState.pending)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[Created]
    lease_until: Mapped[Time | None]
    lease_owner: Mapped[str | None] = mapped_column(String(80))
    started_at: Mapped[Time | None]
    possibly_sent_since: Mapped[Time | None]
    reason: Mapped[str | None] = mapped_column(Text)
    external_id: Mapped[str | None] = mapped_column(String(255))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[Created]
    finished_at: Mapped[Time | None]

    thread: Mapped[Thread | None] = relationship(backref="deliveries")
    message: Mapped[Message | None] = relationship(backref="deliveries")

    __table_args__ = (
        UniqueConstraint("thread_id", "message_id", "kind", "part", "revision"),
        CheckConstraint(one_of_condition("kind", DeliveryKind), name="kind"),
        CheckConstraint(one_of_condition("state", DeliveryState), name="state"),
        CheckConstraint(one_of_condition("queue_key", ("talk", "card", "mail")), name="queue_key"),
        Index("ix_deliveries_state_due", "state", "due_at"),
        Index(
            "ix_deliveries_unfinished",
            "thread_id",
            "queue_key",
            "id",
            sqlite_where=text("state NOT IN ('sent', 'cancelled')"),
            postgresql_where=text("state NOT IN ('sent', 'cancelled')"),
        ),
        Index("ix_deliveries_thread_external", "thread_id", "external_id"),
        Index(
            "ix_deliveries_external",
            "external_id",
            sqlite_where=text("external_id IS NOT NULL"),
            postgresql_where=text("external_id IS NOT NULL"),
        ),
        Index(
            "ix_deliveries_purgeable",
            "finished_at",
            sqlite_where=text(PURGEABLE_SQL),
            postgresql_where=text(PURGEABLE_SQL),
        ),
        Index(
            "ix_deliveries_begins_thread",
            "created_at",
            "attempts",
            sqlite_where=text(BEGINS_THREAD_SQL),
            postgresql_where=text(BEGINS_THREAD_SQL),
        ),
    )

    @staticmethod
    def make_key() -> str:
        """Return a key that no other delivery has."""
        return secrets.token_hex(16)

    @property
    def label(self) -> str:
        """The destination, as people read it."""
        if self.thread is None:
            if self.kind == DeliveryKind.line:
                return gettext("direct message") if self.subject_id else gettext("the team's channel")
            if self.kind == DeliveryKind.browser_notice:
                return gettext("browser notice")
            return gettext("email")
        if self.thread.user:
            return gettext("email to %(name)s", name=self.thread.user.display_name)
        return self.thread.channel.label

    @property
    def is_finished(self) -> bool:
        return self.state in (DeliveryState.sent, DeliveryState.cancelled)


PURGEABLE_DELIVERY = text(PURGEABLE_SQL)
BEGINS_THREAD = text(f"deliveries.{BEGINS_THREAD_SQL}")
