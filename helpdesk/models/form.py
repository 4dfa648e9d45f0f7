"""What is asked when a ticket is filed. A published version never changes; an edit makes the next one."""

from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import BigId, Created, Id, Time
from helpdesk.extensions import db


class Widget(StrEnum):
    """How an answer is entered. Web pages and Slack have one control for each; a type of field names the one it needs."""

    single_line = "single_line"
    multi_line = "multi_line"
    number = "number"
    date = "date"
    single_choice = "single_choice"
    multi_choice = "multi_choice"
    checkbox = "checkbox"
    file = "file"


class Form(db.Model):
    """A form by name. ``published`` is the version people fill now; ``for_all`` or the listed organizations may see it."""

    __tablename__ = "forms"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text, default="")
    position: Mapped[int] = mapped_column(default=0)
    for_all: Mapped[bool] = mapped_column(default=True)
    archived_at: Mapped[Time | None]
    created_at: Mapped[Created]

    versions: Mapped[list["FormVersion"]] = relationship(back_populates="form", order_by="FormVersion.number")
    organizations: Mapped[list["FormOrganization"]] = relationship()


class FormOrganization(db.Model):
    """That an organization may use a form that is not for all."""

    __tablename__ = "form_organizations"

    form_id: Mapped[int] = mapped_column(ForeignKey("forms.id", ondelete="CASCADE"), primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True)


class FormVersion(db.Model):
    """One state of a form. Without ``published_at`` it is the draft; the highest published number is the one in use."""

    __tablename__ = "form_versions"

    id: Mapped[Id]
    form_id: Mapped[int] = mapped_column(ForeignKey("forms.id", ondelete="CASCADE"))
    number: Mapped[int]
    published_at: Mapped[Time | None]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[Created]

    form: Mapped[Form] = relationship(back_populates="versions")
    fields: Mapped[list["Field"]] = relationship(
        back_populates="version", order_by="Field.position", cascade="all, delete-orphan"
    )

    __table_args__ = (UniqueConstraint("form_id", "number"),)


class Field(db.Model):
    """One question. ``kind`` is the name of its type (domain/forms/field_types).

    ``shown_if_key``/``shown_if_value``: asked only while that other field holds that value.
    """

    __tablename__ = "fields"

    id: Mapped[Id]
    version_id: Mapped[int] = mapped_column(ForeignKey("form_versions.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(16))
    label: Mapped[str] = mapped_column(String(200))
    help: Mapped[str] = mapped_column(Text, default="")
    placeholder: Mapped[str] = mapped_column(String(200), default="")
    default: Mapped[str] = mapped_column(Text, default="")
    required: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)
    options: Mapped[list] = mapped_column(JSON, default=list)
    team_only: Mapped[bool] = mapped_column(default=False)
    customer_fills: Mapped[bool] = mapped_column(default=True)
    shown_if_key: Mapped[str | None] = mapped_column(String(60))
    shown_if_value: Mapped[str | None] = mapped_column(String(200))

    version: Mapped[FormVersion] = relationship(back_populates="fields")

    __table_args__ = (UniqueConstraint("version_id", "key"),)


class Answer(db.Model):
    """What was answered to a field on one ticket: a text, number, list or date as JSON, and its words for search."""

    __tablename__ = "answers"

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(BigId)
    organization_id: Mapped[int] = mapped_column(BigId)
    field_id: Mapped[int] = mapped_column(ForeignKey("fields.id"))
    value: Mapped[object] = mapped_column(JSON)
    text: Mapped[str] = mapped_column(Text, default="")

    field: Mapped[Field] = relationship()

    __table_args__ = (
        UniqueConstraint("ticket_id", "field_id"),
        ForeignKeyConstraint(
            ["ticket_id", "organization_id"],
            ["tickets.id", "tickets.organization_id"],
            ondelete="CASCADE",
            onupdate="CASCADE",
        ),
    )
