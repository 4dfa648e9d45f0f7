"""Organizations: customer companies, with their mail domains and addresses."""

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from helpdesk.database.types import BigId, Created, Id, Time, one_of_condition, partial_index_not_null
from helpdesk.extensions import Base
from helpdesk.markup import search_words
from helpdesk.models.personal_data import CODE, COMPANY, CONFIGURATION, ErasedBy


class Organization(Base):
    """A customer company, and the rules by which its people are admitted.

    ``search_words``: the words of its name and of its slug, as a search of the team compares them, and as lists are
    ordered by.
    ``language``: the code of the language of its people who chose none and whose browser names none.
    ``sign_in_rules``: which ways of signing in are "required" or "off" (``authentication.ways``); others are allowed.
    ``merged_into_id``: the organization that this one was merged into; the row stays so that a merge can be undone.
    """

    __tablename__ = "organizations"
    personal_data = {
        "name": COMPANY,
        "slug": COMPANY,
        "default_ticket_visibility": CODE,
        "microsoft_tenant": COMPANY,
        "from_address": CONFIGURATION,
        "notes": COMPANY,
        "language": CONFIGURATION,
        "search_words": COMPANY,
        "sign_in_rules": CONFIGURATION,
    }

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(200), unique=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    created_at: Mapped[Created]
    portal_enabled: Mapped[bool] = mapped_column(default=True)
    allowlist_only: Mapped[bool] = mapped_column(default=False)
    default_ticket_visibility: Mapped[str] = mapped_column(String(16), default="organization")
    microsoft_tenant: Mapped[str | None] = mapped_column(String(64))
    from_address: Mapped[str | None] = mapped_column(String(254))
    notes: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str | None] = mapped_column(String(16))
    search_words: Mapped[str] = mapped_column(Text, default="", server_default="")
    version: Mapped[int] = mapped_column(default=1)
    merged_into_id: Mapped[int | None] = mapped_column(BigId)
    sign_in_rules: Mapped[dict[str, str]] = mapped_column(JSON, default=dict, server_default="{}")

    domains: Mapped[list["OrganizationDomain"]] = relationship(
        back_populates="organization", order_by="OrganizationDomain.domain"
    )
    addresses: Mapped[list["OrganizationAddress"]] = relationship(
        back_populates="organization", order_by="OrganizationAddress.email"
    )

    __table_args__ = (
        CheckConstraint(
            one_of_condition("default_ticket_visibility", ("own", "organization")), name="default_ticket_visibility"
        ),
        partial_index_not_null("organizations", "merged_into_id"),
        Index(
            "ix_organizations_by_name",
            "search_words",
            "id",
            sqlite_where=text("merged_into_id IS NULL"),
            postgresql_where=text("merged_into_id IS NULL"),
        ),
    )
    __mapper_args__ = {"version_id_col": version}

    @validates("name", "slug")
    def _set_search_words(self, key: str, value: str) -> str:
        texts = {"name": self.name, "slug": self.slug, key: value}
        self.search_words = search_words.join_words(*texts.values())
        return value


class OrganizationDomain(Base):
    """A mail domain whose addresses belong to the organization. Compared exactly; of one organization only."""

    __tablename__ = "organization_domains"
    personal_data = {
        "domain": COMPANY,
    }

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"), index=True)
    domain: Mapped[str] = mapped_column(String(253), unique=True)
    created_at: Mapped[Created]
    last_used_at: Mapped[Time | None]

    organization: Mapped[Organization] = relationship(back_populates="domains")


class OrganizationAddress(Base):
    """One listed address. It is admitted whatever its domain; with ``allowlist_only``, no others are."""

    __tablename__ = "organization_addresses"
    personal_data = {
        "email": ErasedBy("erase_address"),
    }

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(254), index=True)
    created_at: Mapped[Created]

    organization: Mapped[Organization] = relationship(back_populates="addresses")

    __table_args__ = (UniqueConstraint("organization_id", "email"),)
