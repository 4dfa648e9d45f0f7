"""Webhooks: URLs to which events are sent."""

import secrets

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.database.types import Created, Id, Time
from helpdesk.extensions import Base
from helpdesk.models.delivery import Delivery
from helpdesk.models.personal_data import CONFIGURATION

WEBHOOK_EVENTS = (
    "ticket.filed",
    "ticket.updated",
    "ticket.solved",
    "ticket.reopened",
    "ticket.tagged",
    "ticket.erased",
    "message.replied",
    "message.noted",
    "message.edited",
    "message.deleted",
    "file.removed",
    "person.added",
    "person.changed",
    "person.merged",
    "person.erased",
)


class Webhook(Base):
    """An https URL to which the selected ``events`` are sent.

    Its signing secret is derived from ``nonce`` and our key, so that none is stored. ``former_nonce`` is that of the
    secret before, with which requests are signed as well until ``former_until``.
    """

    __tablename__ = "webhooks"
    personal_data = {
        "name": CONFIGURATION,
        "url": CONFIGURATION,
        "nonce": CONFIGURATION,
        "former_nonce": CONFIGURATION,
        "events": CONFIGURATION,
    }

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(80))
    url: Mapped[str] = mapped_column(String(500))
    nonce: Mapped[str] = mapped_column(String(64), default=lambda: secrets.token_hex(16))
    former_nonce: Mapped[str | None] = mapped_column(String(64))
    former_until: Mapped[Time | None]
    events: Mapped[list[str]] = mapped_column(JSON, default=list)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[Created]


# The log of a webhook is its deliveries in the outbox.
Index(
    "ix_deliveries_webhook",
    Delivery.subject_id,
    Delivery.id,
    sqlite_where=text("kind = 'webhook'"),
    postgresql_where=text("kind = 'webhook'"),
)
