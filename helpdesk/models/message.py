"""What is written on a ticket, and what it said before it was edited."""

from enum import StrEnum
from typing import TYPE_CHECKING

from markupsafe import Markup
from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import (
    BigId,
    Created,
    Id,
    Time,
    one_of_condition,
)
from helpdesk.extensions import db
from helpdesk.markup import markdown_rendering
from helpdesk.models.ticket import Ticket, ticket_foreign_key
from helpdesk.models.user import User

if TYPE_CHECKING:
    from helpdesk.models.attachment import Attachment


class MessageKind(StrEnum):
    """Who may read a message: a reply is public, a note is the team's."""

    reply = "reply"
    note = "note"


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
        ticket_foreign_key(),
        UniqueConstraint("ticket_id", "seq"),
        UniqueConstraint("origin_thread_id", "origin_external_id"),
        UniqueConstraint("author_id", "form_token"),
        CheckConstraint(one_of_condition("kind", MessageKind), name="kind"),
    )

    def set_body(self, body: str) -> None:
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
    def author_display_name(self) -> str:
        """The name people see above the message."""
        return self.author.display_name if self.author else self.author_name

    @property
    def author_picture_url(self) -> str | None:
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
