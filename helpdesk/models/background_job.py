"""Jobs of the workers: those that return after an interval, and those that were asked for once."""

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.database.types import Created, Id, Time
from helpdesk.extensions import Base
from helpdesk.models.personal_data import CODE


class BackgroundJob(Base):
    """One job to be run at ``due_at``: the function ``workers.jobs.<name>``, with ``argument`` if it is not 0.

    A periodic job has an ``interval_seconds`` and stays; another one is deleted when it is done. ``requests`` counts
    how often it was asked for, so that what was asked while it ran makes it run again.
    """

    __tablename__ = "background_jobs"
    personal_data = {"name": CODE, "lease_owner": CODE}

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(60))
    argument: Mapped[int] = mapped_column(default=0)
    interval_seconds: Mapped[int | None]
    requests: Mapped[int] = mapped_column(default=1)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[Created]
    lease_until: Mapped[Time | None]
    lease_owner: Mapped[str | None] = mapped_column(String(80))
    created_at: Mapped[Created]

    __table_args__ = (UniqueConstraint("name", "argument"), Index("ix_background_jobs_due_at", "due_at"))
