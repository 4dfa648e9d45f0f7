"""Idempotency keys: the requests of programs that were done, so that a repetition is recognised."""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.database.types import BigId, Created
from helpdesk.extensions import Base
from helpdesk.models.personal_data import IDENTIFIER


class IdempotencyKey(Base):
    """One request of ``token_id`` with a header Idempotency-Key, and the id of the row that it created.

    ``request_hash`` covers method, path and body: the key of one request is refused for another.
    """

    __tablename__ = "idempotency_keys"
    personal_data = {"key_hash": IDENTIFIER, "request_hash": IDENTIFIER}

    token_id: Mapped[int] = mapped_column(ForeignKey("api_tokens.id", ondelete="CASCADE"), primary_key=True)
    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    created_id: Mapped[int] = mapped_column(BigId)
    created_at: Mapped[Created]

    __table_args__ = (Index("ix_idempotency_keys_created", "created_at"),)
