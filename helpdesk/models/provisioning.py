"""What an identity provider has sent by SCIM: people and groups as it describes them, and the tokens it sends with."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import BigId, Created, Id, Time
from helpdesk.extensions import Base
from helpdesk.models.personal_data import CODE, IDENTIFIER, ErasedBy
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.models.user import User


class ScimToken(Base):
    """A bearer token with which a connection's provider sends people and groups; only its hash is stored."""

    __tablename__ = "scim_tokens"
    personal_data = {"shown": IDENTIFIER, "token_hash": IDENTIFIER}

    id: Mapped[Id]
    connection_id: Mapped[int] = mapped_column(ForeignKey("sign_in_connections.id", ondelete="CASCADE"), index=True)
    shown: Mapped[str] = mapped_column(String(16))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[Created]
    last_used_at: Mapped[Time | None]
    revoked_at: Mapped[Time | None]

    connection: Mapped[SignInConnection] = relationship()


class ScimResource(Base):
    """A person ("User") or a group ("Group") of a provider (RFC 7643), with everything it said in ``data``.

    Of a person whom the provider deactivated and deleted an empty one is left ("FormerUser").

    ``user_id``: who the person is here, once its address is one that the connection may speak for. ``lookup_name``:
    the user name or the group's name, folded, by which providers look for it. ``has_deactivated``: the provider
    deactivated the person, and may activate them again; whom somebody else deactivated it may not.
    """

    __tablename__ = "scim_resources"
    personal_data = {
        "kind": CODE,
        "resource_id": IDENTIFIER,
        "lookup_name": ErasedBy("erase_provisioned"),
        "external_id": ErasedBy("erase_provisioned"),
        "data": ErasedBy("erase_provisioned"),
    }

    id: Mapped[Id]
    connection_id: Mapped[int] = mapped_column(ForeignKey("sign_in_connections.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    resource_id: Mapped[str] = mapped_column(String(36), unique=True)
    lookup_name: Mapped[str] = mapped_column(String(320))
    external_id: Mapped[str | None] = mapped_column(String(255))
    user_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(default=1)
    has_deactivated: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[Created]
    changed_at: Mapped[Created]

    user: Mapped[User | None] = relationship()

    __table_args__ = (
        UniqueConstraint("connection_id", "kind", "lookup_name"),
        Index("ix_scim_resources_connection_id_external_id", "connection_id", "external_id"),
    )
