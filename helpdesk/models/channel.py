"""Channels: places outside the portal in which tickets have threads."""

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import Created, Id, Time, one_of_condition
from helpdesk.extensions import Base
from helpdesk.models.organization import Organization
from helpdesk.models.personal_data import CODE, CONFIGURATION, IDENTIFIER

# What the names of channels begin with, by kind; each kind of channel that has names registers its own.
NAME_PREFIXES: dict[str, str] = {}


class Channel(Base):
    """A place in which tickets have threads: a channel of a chat, or the mail system.

    ``kind`` is that of a registered channel. ``audience`` names the readers: "team", or "customer" for customers and
    team. A channel shared with another company always has the audience "customer"; a constraint ensures it.
    ``blocked_reason``: why nothing can be sent until a person repairs it. ``paused_until``: the other side asked us to
    wait (rate limit). ``has_personal_threads``: each thread is read by one person, so that customers of several
    organizations share the channel. ``undo_mode``: who has an agent's reply typed here before its undo window ends,
    "at_once" or "hold"; None follows the setting.
    """

    __tablename__ = "channels"
    personal_data = {
        "kind": CODE,
        "external_id": IDENTIFIER,
        "name": CONFIGURATION,
        "audience": CODE,
        "blocked_reason": CONFIGURATION,
        "undo_mode": CODE,
    }

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(16))
    external_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120), default="")
    audience: Mapped[str] = mapped_column(String(8))
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    is_default: Mapped[bool] = mapped_column(default=True)
    is_shared: Mapped[bool] = mapped_column(default=False)
    has_personal_threads: Mapped[bool] = mapped_column(default=False, server_default=false())
    internal_by_default: Mapped[bool] = mapped_column(default=False)
    undo_mode: Mapped[str | None] = mapped_column(String(8))
    blocked_reason: Mapped[str | None] = mapped_column(Text)
    blocked_at: Mapped[Time | None]
    paused_until: Mapped[Time | None]
    removed_at: Mapped[Time | None]
    synced_at: Mapped[Time | None]
    created_at: Mapped[Created]

    organization: Mapped[Organization | None] = relationship()

    __table_args__ = (
        UniqueConstraint("kind", "external_id"),
        CheckConstraint(one_of_condition("audience", ("team", "customer")), name="audience"),
        CheckConstraint("NOT is_shared OR audience = 'customer'", name="shared_is_customers"),
        CheckConstraint(
            "has_personal_threads OR audience = 'team' OR organization_id IS NOT NULL", name="customer_has_organization"
        ),
    )

    @property
    def label(self) -> str:
        """The name that people read."""
        return format_channel_label(self.kind, self.name, self.external_id)


def format_channel_label(kind: str, name: str, external_id: str) -> str:
    """The name of a channel as people read it: "#support"; where channels of this kind have no names, the kind."""
    prefix = NAME_PREFIXES.get(kind)
    return name or kind if prefix is None else f"{prefix}{name or external_id}"
