"""Tickets: requests for help."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    func,
    select,
    text,
)
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from helpdesk.database.types import Created, Id, Time, one_of_condition, partial_index_not_null
from helpdesk.extensions import Base
from helpdesk.models.form import Answer, FormVersion
from helpdesk.models.needed_by import needed_by
from helpdesk.models.organization import Organization
from helpdesk.models.personal_data import CODE, IDENTIFIER, ErasedBy
from helpdesk.models.priorities import DEFAULT_PRIORITY, Priority
from helpdesk.models.statuses import UNSOLVED_SQL, WAITING_ON, Status, WaitingOn
from helpdesk.models.tag import Tag, TicketTag
from helpdesk.models.user import User

if TYPE_CHECKING:
    from helpdesk.models.event import Event
    from helpdesk.models.follower import Follower
    from helpdesk.models.message import Message

MAX_SUBJECT_LENGTH = 200


def ticket_foreign_key() -> ForeignKeyConstraint:
    """A foreign key to a ticket and its organization together, so that a row cannot name another organization."""
    return ForeignKeyConstraint(
        ["ticket_id", "organization_id"],
        ["tickets.id", "tickets.organization_id"],
        ondelete="CASCADE",
        onupdate="CASCADE",
    )


class Ticket(Base):
    """One request for help. Its id is its number.

    ``updated_at``: the last activity that customers see. ``changed_at``: the last change of any kind, None before the
    first. ``turn_since``: since when the party that has to act next (``waiting_on``) has had to. ``next_due_at``: when
    the first of its running SLA timers is due, None without one. ``next_seq``: the next position in the timeline.
    ``version`` increases with every visible change, ``public_version`` with those that customers may see: theirs must
    not tell how much the team does for itself. ``form_token``: sending the same form twice creates one ticket.
    """

    __tablename__ = "tickets"
    personal_data = {
        "subject": ErasedBy("erase_filed_tickets"),
        "status": CODE,
        "priority": CODE,
        "excerpt": ErasedBy("erase_messages"),
        "form_token": IDENTIFIER,
    }

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
    changed_at: Mapped[Time | None]
    turn_since: Mapped[Created]
    next_due_at: Mapped[Time | None]
    customer_replied_at: Mapped[Time | None]
    first_response_at: Mapped[Time | None]
    solved_at: Mapped[Time | None]
    closed_at: Mapped[Time | None]
    closing_warned_at: Mapped[Time | None]
    next_seq: Mapped[int] = mapped_column(default=1)
    last_public_seq: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    public_version: Mapped[int] = mapped_column(default=1)
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
    if TYPE_CHECKING:
        tag_text: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("id", "organization_id"),
        UniqueConstraint("requester_id", "form_token"),
        CheckConstraint(one_of_condition("status", Status), name="status"),
        CheckConstraint(one_of_condition("priority", Priority), name="priority"),
        Index("ix_tickets_organization_updated", "organization_id", "updated_at", "id"),
        Index("ix_tickets_organization_status_updated", "organization_id", "status", "updated_at", "id"),
        Index("ix_tickets_organization_created", "organization_id", "created_at", "id"),
        Index("ix_tickets_requester_updated", "requester_id", "updated_at", "id"),
        Index(
            "ix_tickets_requester_organization_status_updated",
            *("requester_id", "organization_id", "status", "updated_at", "id"),
        ),
        Index("ix_tickets_assignee_status_updated", "assignee_id", "status", "updated_at", "id"),
        Index("ix_tickets_status_updated", "status", "updated_at", "id"),
        Index("ix_tickets_updated", "updated_at", "id"),
        *(partial_index_not_null("tickets", column) for column in ("follows_id", "merged_into_id")),
        {"sqlite_autoincrement": True},
    )

    @property
    def number(self) -> int:
        """The number that people read."""
        return self.id

    @property
    def last_change(self) -> datetime:
        """When it changed last, in any way."""
        return self.changed_at or self.updated_at

    @property
    def tags(self) -> tuple[str, ...]:
        """The names of its tags, which only the team sees, in alphabetical order."""
        return split_tags(self.tag_text)

    @property
    def waiting_on(self) -> WaitingOn | None:
        """Who has to act next; None when the ticket is done."""
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


def split_tags(text: str | None) -> tuple[str, ...]:
    """The names in what TAG_TEXT selects, in alphabetical order."""
    return tuple(sorted(text.split(","))) if text else ()


# The names of a ticket's tags, joined by commas. Not loaded unless it is asked for, since only the team sees tags.
TAG_TEXT = (
    select(func.aggregate_strings(Tag.name, ","))
    .where(Tag.id == TicketTag.tag_id, TicketTag.ticket_id == Ticket.id)
    .correlate_except(Tag, TicketTag)
    .scalar_subquery()
)
Ticket.tag_text = column_property(TAG_TEXT, deferred=True)

# Indexes of the agents' queue. The partial ones contain only unsolved tickets, so that a million old ones cost nothing.
Index("ix_tickets_status_assignee", Ticket.status, Ticket.assignee_id)
Index("ix_tickets_status_solved", Ticket.status, Ticket.solved_at, Ticket.id)
Index("ix_tickets_created", Ticket.created_at, Ticket.id)
Index("ix_tickets_turn_since", Ticket.turn_since, Ticket.id)
Index("ix_tickets_form_version_updated", Ticket.form_version_id, Ticket.updated_at, Ticket.id)
Index("ix_tickets_solved", Ticket.solved_at)
LAST_CHANGE = func.coalesce(Ticket.changed_at, Ticket.updated_at)
Index("ix_tickets_changed", LAST_CHANGE, Ticket.id)
# What the numbers beside the queue's views are counted and filtered by, so that no ticket is read for them.
COUNTED_COLUMNS = (
    Ticket.status,
    Ticket.assignee_id,
    Ticket.priority,
    Ticket.organization_id,
    Ticket.requester_id,
    Ticket.form_version_id,
    Ticket.created_at,
    Ticket.next_due_at,
)
NEEDED_BY = needed_by(Ticket.next_due_at, Ticket.status)
for _name, _columns in (
    ("updated", (Ticket.updated_at,)),
    ("created", (Ticket.created_at,)),
    ("since", (Ticket.turn_since,)),
    ("needed", (NEEDED_BY, Ticket.turn_since)),
    ("counted", COUNTED_COLUMNS),
):
    Index(
        f"ix_tickets_unsolved_{_name}",
        *_columns,
        Ticket.id,
        sqlite_where=text(UNSOLVED_SQL),
        postgresql_where=text(UNSOLVED_SQL),
    )
