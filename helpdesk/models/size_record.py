"""Sizes of the tables, recorded once a day, so that their growth can be shown."""

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.database.types import Created, Id
from helpdesk.extensions import Base
from helpdesk.models.personal_data import CODE


class SizeRecord(Base):
    """The rows of a table at a time, an estimate on PostgreSQL, and the bytes it takes with its indexes, if known.

    The name "files" stands for the stored files.
    """

    __tablename__ = "size_records"
    personal_data = {"name": CODE}

    id: Mapped[Id]
    at: Mapped[Created]
    name: Mapped[str] = mapped_column(String(60))
    rows: Mapped[int] = mapped_column(BigInteger)
    bytes: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (Index("ix_size_records_name_at", "name", "at"),)
