"""Threads: the conversation of a ticket in one channel."""

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import BigId, Created, Id, Time
from helpdesk.extensions import Base
from helpdesk.models.channel import Channel
from helpdesk.models.personal_data import IDENTIFIER, Erased
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User


class Thread(Base):
    """The conversation of one ticket in one channel: a Slack thread, or the mails with one ``user``.

    ``external_id``: the channel's own id of the conversation; in Slack the ts of its root message. ``filed_ts``: the
    channel's own time, as the channel writes it, at which a ticket was asked for in a conversation that was there
    before; named after Slack's ts, the only channel so far that has one. The reply address of mails is derived from
    ``nonce``; its ``token_hash`` finds the thread.
    """

    __tablename__ = "threads"
    personal_data = {
        "external_id": IDENTIFIER,
        "filed_ts": IDENTIFIER,
        "nonce": Erased("user_id", None, words=False),
        "token_hash": Erased("user_id", None, words=False),
    }

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(BigId)
    organization_id: Mapped[int] = mapped_column(BigId)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channels.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    external_id: Mapped[str | None] = mapped_column(String(255))
    filed_ts: Mapped[str | None] = mapped_column(String(32))
    nonce: Mapped[str | None] = mapped_column(String(64))
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    ended_at: Mapped[Time | None]
    compared_at: Mapped[Time | None]
    created_at: Mapped[Created]

    ticket: Mapped[Ticket] = relationship(backref="threads")
    channel: Mapped[Channel] = relationship(lazy="joined", innerjoin=True)
    user: Mapped[User | None] = relationship()

    __table_args__ = (
        ForeignKeyConstraint(
            ["ticket_id", "organization_id"],
            ["tickets.id", "tickets.organization_id"],
            ondelete="CASCADE",
            onupdate="CASCADE",
        ),
        UniqueConstraint("channel_id", "external_id"),
        Index("ix_threads_ticket_id", "ticket_id"),
    )

    @property
    def is_customers(self) -> bool:
        """Whether customers read this thread; a note must never be sent into it."""
        return self.channel.audience == "customer"
