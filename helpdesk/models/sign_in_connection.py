"""Connections to identity providers: each signs in people of one organization, or of the team."""

import secrets
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import Created, Id, Time, one_of_condition
from helpdesk.extensions import Base
from helpdesk.models.organization import Organization
from helpdesk.models.personal_data import CODE, COMPANY, CONFIGURATION, IDENTIFIER

PRESETS = ("oidc", "google", "microsoft", "slack")


class SignInConnection(Base):
    """An OpenID Connect provider, recognised by ``issuer``, with our client at it.

    Without ``organization`` it is the team's. ``slug``: random, part of its address. ``client_secret`` is encrypted.
    ``tenant``: the directory or workspace that its accounts must be of, where the provider has several.
    ``redirects_at_once``: who types an address is led there without a mail. ``role_rules``: what a group or claim
    gives, as a list of {"claim", "value", "gives"}. ``session_hours``: the longest age of its sessions.
    ``last_failure``: the code of the reason (``connections.failures``), ``last_failure_detail`` what belongs in it.
    ``failed_in_a_row``: how often everybody's sign-in failed since the last one that worked. ``notified``: what admins
    were notified of, with the day. ``is_locked``: an admin of the installation switched it off, so that the admins of
    its organization cannot switch it on.
    """

    __tablename__ = "sign_in_connections"
    personal_data = {
        "slug": IDENTIFIER,
        "preset": CODE,
        "name": COMPANY,
        "issuer": COMPANY,
        "tenant": COMPANY,
        "client_id": CONFIGURATION,
        "client_secret": CONFIGURATION,
        "role_rules": CONFIGURATION,
        "last_failure": CODE,
        "last_failure_detail": CONFIGURATION,
        "notified": CODE,
    }

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: secrets.token_urlsafe(18))
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"), index=True)
    preset: Mapped[str] = mapped_column(String(16), default="oidc")
    name: Mapped[str] = mapped_column(String(80))
    issuer: Mapped[str] = mapped_column(String(255))
    client_id: Mapped[str] = mapped_column(String(255))
    client_secret: Mapped[str] = mapped_column(Text, default="")
    tenant: Mapped[str] = mapped_column(String(64), default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    is_locked: Mapped[bool] = mapped_column(default=False, server_default=false())
    redirects_at_once: Mapped[bool] = mapped_column(default=False)
    logs_out_at_provider: Mapped[bool] = mapped_column(default=False)
    session_hours: Mapped[int | None]
    secret_expires_at: Mapped[Time | None]
    role_rules: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    created_at: Mapped[Created]
    last_sign_in_at: Mapped[Time | None]
    last_failure_at: Mapped[Time | None]
    last_failure: Mapped[str] = mapped_column(String(40), default="")
    last_failure_detail: Mapped[str] = mapped_column(String(255), default="")
    failed_in_a_row: Mapped[int] = mapped_column(default=0, server_default="0")
    notified: Mapped[dict[str, str]] = mapped_column(JSON, default=dict, server_default="{}")

    organization: Mapped[Organization | None] = relationship()
    domains: Mapped[list["ConnectionDomain"]] = relationship(
        back_populates="connection", order_by="ConnectionDomain.domain", cascade="all, delete-orphan"
    )

    __table_args__ = (CheckConstraint(one_of_condition("preset", PRESETS), name="preset"),)

    @property
    def provider(self) -> str:
        """The name of its accounts and sessions, as ``Identity.provider`` and ``Session.provider`` have it."""
        return f"sso-{self.id}"


class ConnectionDomain(Base):
    """A mail domain for which a connection may speak once it is proven.

    ``token``: what a TXT record of the domain has to have. ``is_vouched``: an admin of the installation set it as
    proven, without a record. ``missing_since``: since when the record of a proven domain is not found any more.
    """

    __tablename__ = "sign_in_connection_domains"
    personal_data = {"domain": COMPANY, "token": IDENTIFIER}

    id: Mapped[Id]
    connection_id: Mapped[int] = mapped_column(ForeignKey("sign_in_connections.id", ondelete="CASCADE"))
    domain: Mapped[str] = mapped_column(String(253), index=True)
    token: Mapped[str] = mapped_column(String(64), default=lambda: secrets.token_hex(20))
    is_vouched: Mapped[bool] = mapped_column(default=False)
    verified_at: Mapped[Time | None]
    checked_at: Mapped[Time | None]
    missing_since: Mapped[Time | None]
    created_at: Mapped[Created]

    connection: Mapped[SignInConnection] = relationship(back_populates="domains")

    __table_args__ = (UniqueConstraint("connection_id", "domain"),)
