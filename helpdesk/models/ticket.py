"""Tickets, what was said, and what happened."""

from enum import StrEnum

from markupsafe import Markup
from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import (
    BigId,
    Created,
    Id,
    Time,
    one_of_condition,
    partial_index_not_null,
)
from helpdesk.extensions import db
from helpdesk.markup import markdown_rendering
from helpdesk.models.form import Answer, FormVersion
from helpdesk.models.priorities import DEFAULT_PRIORITY, Priority
from helpdesk.models.statuses import WAITING_ON, Status, WaitingOn
from helpdesk.models.user import Organization, User

MAX_SUBJECT_LENGTH = 200
IMAGE_TYPES = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp"}
)  # what browsers and mail programs may show in place


class MessageKind(StrEnum):
    """Who may read a message: a reply is public, a note is the team's."""

    reply = "reply"
    note = "note"


def _ticket_foreign_key(**options) -> ForeignKeyConstraint:
    """Ties a row to its ticket *and* that ticket's organization, so that neither can be somebody else's."""
    return ForeignKeyConstraint(
        ["ticket_id", "organization_id"],
        ["tickets.id", "tickets.organization_id"],
        ondelete="CASCADE",
        onupdate="CASCADE",
    )


class Ticket(db.Model):
    """One request for help. Its id is its running number.

    ``status_since``: when the present holder got the ball. ``next_seq``: the next place in the timeline. ``version`` rises with
    every visible change. ``form_token`` makes filing the same form twice one ticket.
    """

    __tablename__ = "tickets"

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    requester_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    form_version_id: Mapped[int | None] = mapped_column(ForeignKey("form_versions.id"))
    subject: Mapped[str] = mapped_column(String(MAX_SUBJECT_LENGTH))
    status: Mapped[str] = mapped_column(String(16), default=Status.open)
    priority: Mapped[str] = mapped_column(String(16), default=DEFAULT_PRIORITY)
    excerpt: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[Created]
    updated_at: Mapped[Created]
    status_since: Mapped[Created]
    customer_replied_at: Mapped[Time | None]
    first_response_at: Mapped[Time | None]
    solved_at: Mapped[Time | None]
    closed_at: Mapped[Time | None]
    closing_warned_at: Mapped[Time | None]
    next_seq: Mapped[int] = mapped_column(default=1)
    public_seq: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    form_token: Mapped[str | None] = mapped_column(String(64))
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))

    organization: Mapped[Organization] = relationship()
    requester: Mapped[User] = relationship(foreign_keys=requester_id)
    assignee: Mapped[User | None] = relationship(foreign_keys=assignee_id)
    form_version: Mapped[FormVersion | None] = relationship()
    follows: Mapped["Ticket | None"] = relationship(foreign_keys=follows_id, remote_side="Ticket.id")
    merged_into: Mapped["Ticket | None"] = relationship(foreign_keys=merged_into_id, remote_side="Ticket.id")
    messages: Mapped[list["Message"]] = relationship(back_populates="ticket", order_by="Message.seq")
    events: Mapped[list["Event"]] = relationship(back_populates="ticket", order_by="Event.seq")
    answers: Mapped[list[Answer]] = relationship(
        primaryjoin="Ticket.id == foreign(Answer.ticket_id)", viewonly=True, order_by="Answer.id"
    )
    followers: Mapped[list["Follower"]] = relationship(back_populates="ticket")

    __table_args__ = (
        UniqueConstraint("id", "organization_id"),
        UniqueConstraint("requester_id", "form_token"),
        CheckConstraint(one_of_condition("status", Status), name="status"),
        CheckConstraint(one_of_condition("priority", Priority), name="priority"),
        Index("ix_tickets_organization_updated", "organization_id", "updated_at", "id"),
        Index("ix_tickets_organization_status_updated", "organization_id", "status", "updated_at", "id"),
        Index("ix_tickets_organization_created", "organization_id", "created_at", "id"),
        Index("ix_tickets_requester_updated", "requester_id", "updated_at", "id"),
        Index("ix_tickets_assignee_status_updated", "assignee_id", "status", "updated_at", "id"),
        Index("ix_tickets_status_updated", "status", "updated_at", "id"),
        Index("ix_tickets_updated", "updated_at", "id"),
        *(partial_index_not_null("tickets", column) for column in ("follows_id", "merged_into_id")),
        {"sqlite_autoincrement": True},
    )

    @property
    def number(self) -> int:
        """What people call this ticket by."""
        return self.id

    @property
    def holder(self) -> WaitingOn | None:
        """Who has to act next: "team", "customer", "third_party", or None when it is done."""
        return WAITING_ON[Status(self.status)]

    @property
    def is_done(self) -> bool:
        """Whether the work is finished, for now (solved) or for good (closed)."""
        return Status(self.status).definition.is_done

    @property
    def is_solved(self) -> bool:
        return self.status == Status.solved

    @property
    def is_closed(self) -> bool:
        return Status(self.status).definition.is_final


class Message(db.Model):
    """What somebody said. ``html`` is kept beside the Markdown because it is read far more often than written.

    ``author_name`` and ``author_picture`` stand for somebody outside who is no user of ours (an unmatched Slack profile).
    ``origin_thread_id`` and ``origin_external_id`` say where it came from; unique, so that nothing is taken in twice.
    ``release_at``: until then mail waits, so that an agent may still take it back. ``quoted`` is plain text that a mail repeated
    below its answer.
    """

    __tablename__ = "messages"

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(BigId)
    organization_id: Mapped[int] = mapped_column(BigId)
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(8))
    from_team: Mapped[bool]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    author_name: Mapped[str] = mapped_column(String(200), default="")
    author_picture: Mapped[str | None] = mapped_column(String(500))
    body: Mapped[str] = mapped_column(Text)
    rendered: Mapped[str] = mapped_column(Text, default="")
    rendered_version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Created]
    edited_at: Mapped[Time | None]
    deleted_at: Mapped[Time | None]
    release_at: Mapped[Time | None]
    origin_thread_id: Mapped[int | None] = mapped_column(ForeignKey("threads.id"))
    origin_external_id: Mapped[str | None] = mapped_column(String(255))
    origin_edited: Mapped[str | None] = mapped_column(String(32))
    form_token: Mapped[str | None] = mapped_column(String(64))
    revision: Mapped[int] = mapped_column(default=1)
    quoted: Mapped[str | None] = mapped_column(Text)

    ticket: Mapped[Ticket] = relationship(back_populates="messages")
    author: Mapped[User | None] = relationship()
    attachments: Mapped[list["Attachment"]] = relationship(back_populates="message", order_by="Attachment.id")
    revisions: Mapped[list["MessageRevision"]] = relationship(order_by="MessageRevision.number")

    __table_args__ = (
        _ticket_foreign_key(),
        UniqueConstraint("ticket_id", "seq"),
        UniqueConstraint("origin_thread_id", "origin_external_id"),
        UniqueConstraint("author_id", "form_token"),
        CheckConstraint(one_of_condition("kind", MessageKind), name="kind"),
    )

    def write(self, body: str) -> None:
        """Set the Markdown, and with it the HTML made from it."""
        self.body = body
        self.rendered = str(markdown_rendering.markdown_to_html(body))
        self.rendered_version = markdown_rendering.MARKDOWN_VERSION

    @property
    def html(self) -> Markup:
        """Safe HTML of the body; made anew where it was made by an older sanitiser."""
        if self.rendered_version == markdown_rendering.MARKDOWN_VERSION:
            return Markup(self.rendered)
        return markdown_rendering.markdown_to_html(self.body)

    @property
    def is_note(self) -> bool:
        return self.kind == MessageKind.note

    @property
    def team_only(self) -> bool:
        """Whether customers never read it, as of an event."""
        return self.kind != MessageKind.reply

    @property
    def speaker(self) -> str:
        """The name people see above the message."""
        return self.author.display_name if self.author else self.author_name

    @property
    def picture(self) -> str | None:
        return self.author.picture_url if self.author else self.author_picture


class MessageRevision(db.Model):
    """What a message said before it was edited or deleted, for the team's eyes."""

    __tablename__ = "message_revisions"

    id: Mapped[Id]
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(8))
    body: Mapped[str] = mapped_column(Text)
    replaced_at: Mapped[Created]
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    __table_args__ = (UniqueConstraint("message_id", "number"),)


class Event(db.Model):
    """Something that happened to a ticket: part of its timeline and its audit trail. ``data`` holds old and new values."""

    __tablename__ = "events"

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(BigId)
    organization_id: Mapped[int] = mapped_column(BigId)
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(24))
    team_only: Mapped[bool] = mapped_column(default=False)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    data: Mapped[dict] = mapped_column(JSON, default=dict)
    created_at: Mapped[Created]

    ticket: Mapped[Ticket] = relationship(back_populates="events")
    actor: Mapped[User | None] = relationship()

    __table_args__ = (
        _ticket_foreign_key(),
        UniqueConstraint("ticket_id", "seq"),
        Index("ix_events_kind_created", "kind", "created_at"),
    )


class Follower(db.Model):
    """Somebody besides the requester who wants a ticket's answers by mail."""

    __tablename__ = "followers"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    created_at: Mapped[Created]

    ticket: Mapped[Ticket] = relationship(back_populates="followers")
    user: Mapped[User] = relationship()


class ReadReceipt(db.Model):
    """How far somebody has read a ticket: the highest place in its timeline they had before their eyes, and when."""

    __tablename__ = "read_marks"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True, index=True)
    seq: Mapped[int] = mapped_column(default=0)
    at: Mapped[Created]


class Attachment(db.Model):
    """A file somebody added. ``key`` is random: its name in the store and in its address. Without a message it is a draft
    of ``uploader``'s, swept away after a day. ``state``: stored, or why it is not there (fetching, refused)."""

    __tablename__ = "attachments"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(64), unique=True)
    organization_id: Mapped[int | None] = mapped_column(BigId, index=True)
    ticket_id: Mapped[int | None] = mapped_column(BigId, index=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    uploader_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    name: Mapped[str] = mapped_column(String(150))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigId)
    state: Mapped[str] = mapped_column(String(16), default="stored")
    reason: Mapped[str | None] = mapped_column(Text)
    origin_external_id: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[Created]

    message: Mapped[Message | None] = relationship(back_populates="attachments")

    __table_args__ = (_ticket_foreign_key(),)

    @property
    def is_image(self) -> bool:
        """Whether browsers may show it in place; its first bytes were compared with its type when it was stored."""
        return self.media_type in IMAGE_TYPES and self.state == "stored"


class Rating(db.Model):
    """What the requester thought of a solved ticket: 1 to 5 (two faces are 1 and 5)."""

    __tablename__ = "ratings"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    score: Mapped[int]
    comment: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[Created]

    __table_args__ = (CheckConstraint("score BETWEEN 1 AND 5", name="score"),)
