"""The inbox: events received from channels."""

from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.database.types import Created, Id, Time, one_of_condition, partial_index_not_null
from helpdesk.extensions import Base
from helpdesk.models.personal_data import CODE, IDENTIFIER, ErasedBy

PURGEABLE_STATES = ("done", "ignored")


class InboundEvent(Base):
    """One event as a channel received it, stored before it is processed: a row of the inbox.

    Events with the same ``ordering_key`` (a Slack thread) are processed in the order of their ``position``, the other
    side's time of the event or that of its arrival. ``raw`` is a received mail if that is short; the parts of a long
    one are the ``InboundContent`` rows with ``content_key`` (``domain.inbox.contents``). ``errors``: attempts that
    ended with an error of ours. ``result`` is a sentence for people about what was done.
    """

    __tablename__ = "inbound_events"
    personal_data = {
        "source": CODE,
        "external_id": IDENTIFIER,
        "ordering_key": IDENTIFIER,
        "position": IDENTIFIER,
        "payload": ErasedBy("erase_from_inbox"),
        "raw": ErasedBy("erase_from_inbox"),
        "content_key": IDENTIFIER,
        "state": CODE,
        "result": ErasedBy("erase_from_inbox"),
    }

    id: Mapped[Id]
    source: Mapped[str] = mapped_column(String(16))
    external_id: Mapped[str] = mapped_column(String(255))
    ordering_key: Mapped[str | None] = mapped_column(String(120), index=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    raw: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    content_key: Mapped[str | None] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    position: Mapped[str | None] = mapped_column(String(32))
    attempts: Mapped[int] = mapped_column(default=0)
    errors: Mapped[int] = mapped_column(default=0, server_default="0")
    due_at: Mapped[Created]
    lease_until: Mapped[Time | None]
    result: Mapped[str | None] = mapped_column(Text)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="SET NULL"), index=True)
    received_at: Mapped[Created]
    finished_at: Mapped[Time | None]

    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        CheckConstraint(
            one_of_condition("state", ("waiting", "working", "done", "ignored", "quarantined", "failed")), name="state"
        ),
        Index("ix_inbound_events_state_due", "state", "due_at"),
        Index("ix_inbound_events_finished", "finished_at"),
        partial_index_not_null("inbound_events", "content_key"),
    )
