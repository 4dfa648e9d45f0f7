"""The messages of a ticket, and their earlier versions."""

from enum import StrEnum
from typing import TYPE_CHECKING

from markupsafe import Markup
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import BigId, Created, Id, Time, one_of_condition
from helpdesk.extensions import Base
from helpdesk.markup import markdown_rendering
from helpdesk.models.personal_data import CODE, ERASED_NAME, IDENTIFIER, Erased, ErasedBy
from helpdesk.models.ticket import Ticket, ticket_foreign_key
from helpdesk.models.user import User

if TYPE_CHECKING:
    from helpdesk.models.attachment import Attachment


class MessageKind(StrEnum):
    """Who may read a message: customers and team read a reply, only the team reads a note."""

    reply = "reply"
    note = "note"


class Message(Base):
    """A reply or note on a ticket. ``rendered`` caches the HTML of ``body``, which is read far more often than written.

    ``author_name`` and ``author_picture`` describe an author who is no user (an unmatched Slack profile).
    ``origin_thread_id`` and ``origin_external_id`` identify the message in the channel it came from; they are unique,
    so that nothing is stored twice. ``release_at``: mail waits until then, so that an agent can take the message back.
    ``publish_at``: a reply stored as a note until then, so that nobody outside the team sees it. ``quoted`` is the
    plain text that a mail quoted below its answer; ``has_folded_text``: some of it is nowhere else on the ticket.
    """

    __tablename__ = "messages"
    personal_data = {
        "kind": CODE,
        "author_name": Erased("author_id", ERASED_NAME, words=False),
        "author_picture": Erased("author_id", None, words=False),
        "body": ErasedBy("erase_messages"),
        "rendered": ErasedBy("erase_messages"),
        "origin_external_id": IDENTIFIER,
        "origin_edited": IDENTIFIER,
        "form_token": IDENTIFIER,
        "quoted": ErasedBy("erase_messages"),
    }

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
    publish_at: Mapped[Time | None]
    origin_thread_id: Mapped[int | None] = mapped_column(ForeignKey("threads.id"))
    origin_external_id: Mapped[str | None] = mapped_column(String(255))
    origin_edited: Mapped[str | None] = mapped_column(String(32))
    form_token: Mapped[str | None] = mapped_column(String(64))
    revision: Mapped[int] = mapped_column(default=1)
    quoted: Mapped[str | None] = mapped_column(Text)
    has_folded_text: Mapped[bool] = mapped_column(default=False, server_default=false())
    has_reactions: Mapped[bool] = mapped_column(default=False, server_default=false())

    ticket: Mapped[Ticket] = relationship(back_populates="messages")
    author: Mapped[User | None] = relationship()
    attachments: Mapped[list["Attachment"]] = relationship(back_populates="message", order_by="Attachment.id")
    revisions: Mapped[list["MessageRevision"]] = relationship(order_by="MessageRevision.number")

    __table_args__ = (
        ticket_foreign_key(),
        UniqueConstraint("ticket_id", "seq"),
        UniqueConstraint("origin_thread_id", "origin_external_id"),
        UniqueConstraint("author_id", "form_token"),
        Index(
            "ix_messages_origin",
            "origin_external_id",
            sqlite_where=text("origin_external_id IS NOT NULL"),
            postgresql_where=text("origin_external_id IS NOT NULL"),
        ),
        Index(
            "ix_messages_publish_at",
            "publish_at",
            sqlite_where=text("publish_at IS NOT NULL"),
            postgresql_where=text("publish_at IS NOT NULL"),
        ),
        CheckConstraint(one_of_condition("kind", MessageKind), name="kind"),
    )

    def set_body(self, body: str) -> None:
        """Set the Markdown and the HTML rendered from it."""
        self.body = body
        self.rendered = str(markdown_rendering.markdown_to_html(body))
        self.rendered_version = markdown_rendering.MARKDOWN_VERSION

    @property
    def html(self) -> Markup:
        """The body as safe HTML; rendered again if an older version of the sanitiser rendered it."""
        if self.rendered_version == markdown_rendering.MARKDOWN_VERSION:
            return Markup(self.rendered)
        return markdown_rendering.markdown_to_html(self.body)

    @property
    def is_note(self) -> bool:
        return self.kind == MessageKind.note

    @property
    def team_only(self) -> bool:
        """Whether only the team may read it; the same attribute as an event's."""
        return self.kind != MessageKind.reply

    @property
    def author_display_name(self) -> str:
        """The author's name, shown above the message."""
        return self.author.display_name if self.author else self.author_name

    @property
    def author_picture_url(self) -> str | None:
        return self.author.picture_url if self.author else self.author_picture


class MessageRevision(Base):
    """An earlier version of a message that was edited or deleted; only the team reads it."""

    __tablename__ = "message_revisions"
    personal_data = {
        "kind": CODE,
        "body": ErasedBy("erase_messages"),
    }

    id: Mapped[Id]
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(8))
    body: Mapped[str] = mapped_column(Text)
    replaced_at: Mapped[Created]
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    __table_args__ = (UniqueConstraint("message_id", "number"),)
