"""The content of large received mails, in parts beside the inbox, so that no transaction writes all of it."""

from sqlalchemy import LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.database.types import Created, Id
from helpdesk.extensions import Base
from helpdesk.models.personal_data import IDENTIFIER, ErasedBy


class InboundContent(Base):
    """One part of the content of the inbound event with the same ``content_key``; ``number`` counts them from 1.

    The parts are there before the event. Those whose event is gone are deleted by the job that purges old rows.
    """

    __tablename__ = "inbound_contents"
    personal_data = {"key": IDENTIFIER, "data": ErasedBy("erase_from_inbox")}

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(32))
    number: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Created]

    __table_args__ = (UniqueConstraint("key", "number"),)
