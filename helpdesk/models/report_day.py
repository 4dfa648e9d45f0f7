"""What reports have counted already: sums of days that are over, and what tells whether they still hold (ADR 0030)."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.database.types import BigId, Created, Id, Time
from helpdesk.extensions import Base
from helpdesk.models.personal_data import CONFIGURATION

UNIT_SECONDS = 21_600  # a unit is a quarter of a day in UTC, counted from 1970
LAST_UNIT = 2_147_483_647  # of a change of everything since its first unit


class ReportChange(Base):
    """A change of something that reports count, written by triggers in the transaction of the change.

    It is about the times from ``first_unit`` to ``last_unit``. ``figures``: 1 for a change of what is counted;
    ``properties``: 1 for one of what reports are filtered and grouped by. A job adds them to ``ReportVersion``.
    """

    __tablename__ = "report_changes"

    id: Mapped[Id]
    first_unit: Mapped[int]
    last_unit: Mapped[int]
    figures: Mapped[int]
    properties: Mapped[int]


class ReportVersion(Base):
    """How many changes of a unit there have been, beside those that are still in ``ReportChange``."""

    __tablename__ = "report_versions"

    unit: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    figures: Mapped[int] = mapped_column(BigId)
    properties: Mapped[int] = mapped_column(BigId)


class ReportDay(Base):
    """The sums of the tickets that ``selection`` chooses, from ``begins_at`` until just before ``ends_at``.

    They hold as long as ``version`` is the number of changes of these times. ``content``: see
    ``domain.reporting.day_sums``.
    """

    __tablename__ = "report_days"
    personal_data = {"selection": CONFIGURATION, "content": CONFIGURATION}

    id: Mapped[Id]
    selection: Mapped[str] = mapped_column(String(200))
    begins_at: Mapped[Time]
    ends_at: Mapped[Time]
    version: Mapped[int] = mapped_column(BigId)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    stored_at: Mapped[Created]

    __table_args__ = (
        UniqueConstraint("selection", "begins_at", "ends_at"),
        Index("ix_report_days_stored", "stored_at"),
    )


def unit_of(moment: datetime) -> int:
    """The unit that contains ``moment``."""
    return int(moment.timestamp() // UNIT_SECONDS)
