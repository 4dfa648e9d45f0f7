"""Saved reports of support leads, and to whom each is mailed when."""

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import Created, Id, Time, one_of_condition
from helpdesk.extensions import Base
from helpdesk.models.personal_data import CODE, CONFIGURATION
from helpdesk.models.user import User


class ReportSchedule(StrEnum):
    """How often a report is mailed."""

    daily = "daily"
    weekly = "weekly"
    monthly = "monthly"


class SavedReport(Base):
    """A report with a name, which all leads see. ``filters``: the values of its address (ReportDefinition).

    ``schedule``: None if it is not mailed; ``next_at``: when it is mailed next.
    """

    __tablename__ = "saved_reports"
    personal_data = {"name": CONFIGURATION, "filters": CONFIGURATION, "schedule": CODE}

    id: Mapped[Id]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    filters: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    schedule: Mapped[str | None] = mapped_column(String(8))
    next_at: Mapped[Time | None]
    created_at: Mapped[Created]
    version: Mapped[int] = mapped_column(default=1)

    owner: Mapped[User | None] = relationship(foreign_keys=owner_id)
    recipients: Mapped[list[User]] = relationship(secondary="report_recipients", order_by="User.search_words, User.id")

    __table_args__ = (
        CheckConstraint(one_of_condition("schedule", ReportSchedule), name="schedule"),
        Index(
            "ix_saved_reports_next_at",
            "next_at",
            sqlite_where=text("next_at IS NOT NULL"),
            postgresql_where=text("next_at IS NOT NULL"),
        ),
    )
    __mapper_args__ = {"version_id_col": version}


class ReportRecipient(Base):
    """Somebody to whom a saved report is mailed."""

    __tablename__ = "report_recipients"

    report_id: Mapped[int] = mapped_column(ForeignKey("saved_reports.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
