"""What was imported from other systems: which of their records is which row here."""

import hashlib

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.database.types import BigId, Created, Id
from helpdesk.extensions import Base
from helpdesk.models.personal_data import CODE, CONFIGURATION, ErasedBy


def hash_id(external_id: str) -> str:
    """Return what replaces the id of an erased person, so that their record is recognised without naming them."""
    return f"sha256:{hashlib.sha256(external_id.encode()).hexdigest()}"


class ImportedRecord(Base):
    """One record of an import that is done: ``external_id`` in ``source`` is the row ``local_id`` of its kind.

    An import that was interrupted goes on after the records that are here, and a record is never imported twice.
    """

    __tablename__ = "imported_records"
    personal_data = {"source": CONFIGURATION, "kind": CODE, "external_id": ErasedBy("erase_imported_ids")}

    id: Mapped[Id]
    source: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(16))
    external_id: Mapped[str] = mapped_column(String(200))
    local_id: Mapped[int] = mapped_column(BigId)
    created_at: Mapped[Created]

    __table_args__ = (UniqueConstraint("source", "kind", "external_id"),)
