"""Forms: the questions asked when a ticket is filed. A published version never changes; edits create the next one."""

from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.database.types import BigId, Created, Id, Time
from helpdesk.extensions import Base
from helpdesk.models.personal_data import CONFIGURATION, ErasedBy


class Widget(StrEnum):
    """The control with which an answer is entered. Web pages and Slack implement each; a field type names one."""

    single_line = "single_line"
    multi_line = "multi_line"
    number = "number"
    date = "date"
    single_choice = "single_choice"
    multi_choice = "multi_choice"
    checkbox = "checkbox"
    file = "file"


class Form(Base):
    """A form and its versions. If ``for_all``, every organization may use it, otherwise those in ``organizations``.

    ``subject_label``, ``body_label`` and ``body_help`` name the two fields that every form has, and ``confirmation`` is
    what the customer reads once a ticket is filed; empty ones are those of every form.
    """

    __tablename__ = "forms"
    personal_data = {
        "slug": CONFIGURATION,
        "name": CONFIGURATION,
        "description": CONFIGURATION,
        "subject_label": CONFIGURATION,
        "body_label": CONFIGURATION,
        "body_help": CONFIGURATION,
        "confirmation": CONFIGURATION,
    }

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text, default="")
    subject_label: Mapped[str] = mapped_column(String(120), default="", server_default="")
    body_label: Mapped[str] = mapped_column(String(120), default="", server_default="")
    body_help: Mapped[str] = mapped_column(String(300), default="", server_default="")
    confirmation: Mapped[str] = mapped_column(String(500), default="", server_default="")
    position: Mapped[int] = mapped_column(default=0)
    for_all: Mapped[bool] = mapped_column(default=True)
    archived_at: Mapped[Time | None]
    created_at: Mapped[Created]

    versions: Mapped[list["FormVersion"]] = relationship(back_populates="form", order_by="FormVersion.number")
    organizations: Mapped[list["FormOrganization"]] = relationship()


class FormOrganization(Base):
    """An organization that may use a form which is not for all."""

    __tablename__ = "form_organizations"

    form_id: Mapped[int] = mapped_column(ForeignKey("forms.id", ondelete="CASCADE"), primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True)


class FormVersion(Base):
    """One version of a form. Without ``published_at`` it is the draft; the highest published number is in use."""

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


class Field(Base):
    """One question of a form. ``kind`` is the name of its type (domain/forms/field_types).

    ``shown_if_key``, ``shown_if_value``: the question is asked only if that other field has that value.
    """

    __tablename__ = "fields"
    personal_data = {
        "key": CONFIGURATION,
        "kind": CONFIGURATION,
        "label": CONFIGURATION,
        "help": CONFIGURATION,
        "placeholder": CONFIGURATION,
        "default": CONFIGURATION,
        "options": CONFIGURATION,
        "shown_if_key": CONFIGURATION,
        "shown_if_value": CONFIGURATION,
    }

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
    options: Mapped[list[str]] = mapped_column(JSON, default=list)
    team_only: Mapped[bool] = mapped_column(default=False)
    customer_fills: Mapped[bool] = mapped_column(default=True)
    shown_if_key: Mapped[str | None] = mapped_column(String(60))
    shown_if_value: Mapped[str | None] = mapped_column(String(200))

    version: Mapped[FormVersion] = relationship(back_populates="fields")

    __table_args__ = (UniqueConstraint("version_id", "key"),)


class Answer(Base):
    """The answer to a field on one ticket: ``value`` is JSON, ``text`` is what people read and what is searched."""

    __tablename__ = "answers"
    personal_data = {
        "value": ErasedBy("erase_filed_tickets"),
        "text": ErasedBy("erase_filed_tickets"),
    }

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
