"""Forms, their versions and fields."""

import sqlalchemy as sa
from alembic import op

from helpdesk.database.types import BigId, UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "forms",
        sa.Column("id", BigId, nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("for_all", sa.Boolean(), nullable=False),
        sa.Column("archived_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forms")),
        sa.UniqueConstraint("slug", name=op.f("uq_forms_slug")),
    )
    op.create_table(
        "form_organizations",
        sa.Column("form_id", BigId, nullable=False),
        sa.Column("organization_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["form_id"], ["forms.id"], name=op.f("fk_form_organizations_form_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_form_organizations_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("form_id", "organization_id", name=op.f("pk_form_organizations")),
    )
    op.create_table(
        "form_versions",
        sa.Column("id", BigId, nullable=False),
        sa.Column("form_id", BigId, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("published_by_id", BigId, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["form_id"], ["forms.id"], name=op.f("fk_form_versions_form_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["users.id"], name=op.f("fk_form_versions_published_by_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_versions")),
        sa.UniqueConstraint("form_id", "number", name=op.f("uq_form_versions_form_id_number")),
    )
    op.create_table(
        "fields",
        sa.Column("id", BigId, nullable=False),
        sa.Column("version_id", BigId, nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("help", sa.Text(), nullable=False),
        sa.Column("placeholder", sa.String(length=200), nullable=False),
        sa.Column("default", sa.Text(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("team_only", sa.Boolean(), nullable=False),
        sa.Column("customer_fills", sa.Boolean(), nullable=False),
        sa.Column("shown_if_key", sa.String(length=60), nullable=True),
        sa.Column("shown_if_value", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "kind IN ('short_text', 'long_text', 'number', 'date', 'select', 'multi_select', 'checkbox', 'person', "
            "'url', 'file')",
            name=op.f("ck_fields_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["form_versions.id"], name=op.f("fk_fields_version_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fields")),
        sa.UniqueConstraint("version_id", "key", name=op.f("uq_fields_version_id_key")),
    )
    op.create_index(op.f("ix_fields_version_id"), "fields", ["version_id"], unique=False)


def downgrade() -> None:
    op.drop_table("fields")
    op.drop_table("form_versions")
    op.drop_table("form_organizations")
    op.drop_table("forms")
