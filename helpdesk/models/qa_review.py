"""What the team keeps for its own work: saved views, canned replies, links between tickets, marks of a review."""

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import BigId, Created, Id, Time, one_of_condition
from helpdesk.extensions import db
from helpdesk.models.statuses import UNSOLVED_SQL
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

RATINGS = ("excellent", "good", "improve")


class SavedView(db.Model):
    """A name for some filters of the queue. ``shared``: the whole team sees it, its owner and admins may change it."""

    __tablename__ = "saved_views"

    id: Mapped[Id]
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(60))
    shared: Mapped[bool] = mapped_column(default=False)
    filters: Mapped[dict] = mapped_column(JSON, default=dict)
    created_at: Mapped[Created]

    owner: Mapped[User] = relationship()

    __table_args__ = (UniqueConstraint("owner_id", "name"),)


class CannedReply(db.Model):
    """A text to answer with, in Markdown with variables. Without ``owner`` it is the team's.

    ``status`` is what the ticket is set to when it is sent, if anything.
    """

    __tablename__ = "canned_replies"

    id: Mapped[Id]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(80))
    body: Mapped[str] = mapped_column(Text)
    status: Mapped[str | None] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[Created]
    updated_at: Mapped[Created]

    __mapper_args__ = {"version_id_col": version}


class TicketLink(db.Model):
    """That two tickets have to do with each other; ``low_id`` is the smaller number, so that a pair is one row."""

    __tablename__ = "ticket_links"

    low_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    high_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True, index=True)
    linked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[Created]

    __table_args__ = (CheckConstraint("low_id < high_id", name="ordered"),)


class QaReview(db.Model):
    """What a lead thought of how a solved ticket was handled, and a remark that only its agent and the leads read."""

    __tablename__ = "review_marks"

    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    mark: Mapped[str] = mapped_column(String(16))
    remark: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[Created]
    read_at: Mapped[Time | None]

    ticket: Mapped[Ticket] = relationship()
    reviewer: Mapped[User | None] = relationship(foreign_keys=reviewer_id)
    agent: Mapped[User | None] = relationship(foreign_keys=agent_id)

    __table_args__ = (
        CheckConstraint(one_of_condition("mark", RATINGS), name="mark"),
        Index("ix_review_marks_agent_read", "agent_id", "read_at"),
    )


# The queue's own indexes. The partial ones hold only what still needs work, so that a million old tickets cost nothing.
Index("ix_tickets_status_assignee", Ticket.status, Ticket.assignee_id)
Index("ix_tickets_status_solved", Ticket.status, Ticket.solved_at, Ticket.id)
Index("ix_tickets_created", Ticket.created_at, Ticket.id)
Index("ix_tickets_solved", Ticket.solved_at)
for _name, _column in (
    ("updated", Ticket.updated_at),
    ("created", Ticket.created_at),
    ("since", Ticket.status_since),
):
    Index(
        f"ix_tickets_unsolved_{_name}",
        _column,
        Ticket.id,
        sqlite_where=text(UNSOLVED_SQL),
        postgresql_where=text(UNSOLVED_SQL),
    )
