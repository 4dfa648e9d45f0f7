"""SLA policies, business hours, holidays, and the SLA timers of each ticket."""

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import BigId, Id, Time, one_of_condition
from helpdesk.extensions import Base
from helpdesk.models.organization import Organization
from helpdesk.models.personal_data import CODE, CONFIGURATION
from helpdesk.models.priorities import Priority
from helpdesk.models.ticket import Ticket

TIMER_KINDS = ("first_response", "resolution")


class SlaPolicy(Base):
    """Working minutes until the first response and the resolution, for one priority.

    It applies to one organization, or without ``organization_id`` to all that have none of their own.
    """

    __tablename__ = "sla_policies"
    personal_data = {
        "priority": CODE,
    }

    id: Mapped[Id]
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    priority: Mapped[str] = mapped_column(String(16))
    first_response: Mapped[int | None]
    resolution: Mapped[int | None]

    organization: Mapped[Organization | None] = relationship()

    __table_args__ = (
        CheckConstraint(one_of_condition("priority", Priority), name="priority"),
        Index("uq_sla_policies_organization", "organization_id", "priority", unique=True),
        Index(
            "uq_sla_policies_all",
            "priority",
            unique=True,
            sqlite_where=text("organization_id IS NULL"),
            postgresql_where=text("organization_id IS NULL"),
        ),
    )


class BusinessHours(Base):
    """One working period, in minutes after midnight in the setting ``time_zone``. ``weekday`` 0 is Monday.

    Without any row the team works day and night.
    """

    __tablename__ = "business_hours"

    id: Mapped[Id]
    weekday: Mapped[int]
    opens: Mapped[int]
    closes: Mapped[int]

    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("opens >= 0 AND opens < closes AND closes <= 1440", name="within_a_day"),
    )


class Holiday(Base):
    """A day on which the team does not work; with ``every_year`` also on that day of every later year."""

    __tablename__ = "holidays"
    personal_data = {
        "name": CONFIGURATION,
    }

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), default="")
    every_year: Mapped[bool] = mapped_column(default=False, server_default=false())


class SlaTimer(Base):
    """One SLA timer of one ticket. ``target`` is in working minutes.

    ``due_at`` is set only while the timer runs, so that its index finds the tickets at risk. ``elapsed_seconds`` are
    the working seconds before ``running_since``. ``stopped_at``: when the ticket was answered or solved; ``breached``:
    whether that was too late.
    """

    __tablename__ = "sla_timers"
    personal_data = {
        "kind": CODE,
    }

    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    target: Mapped[int]
    elapsed_seconds: Mapped[int] = mapped_column(default=0)
    running_since: Mapped[Time | None]
    due_at: Mapped[Time | None]
    stopped_at: Mapped[Time | None]
    breached: Mapped[bool] = mapped_column(default=False)
    warned_at: Mapped[Time | None]

    ticket: Mapped[Ticket] = relationship(backref="sla_timers")

    __table_args__ = (
        CheckConstraint(one_of_condition("kind", TIMER_KINDS), name="kind"),
        Index(
            "ix_sla_timers_due",
            "due_at",
            "ticket_id",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index(
            "ix_sla_timers_stopped",
            "stopped_at",
            "ticket_id",
            sqlite_where=text("stopped_at IS NOT NULL"),
            postgresql_where=text("stopped_at IS NOT NULL"),
        ),
    )

    @property
    def is_paused(self) -> bool:
        """Whether it is paused, because the ticket waits for the customer."""
        return self.running_since is None and self.stopped_at is None
