"""Which record of another system is which row here, so that an import can go on and never doubles."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "imported_records",
        sa.Column("id", ID, nullable=False),
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("external_id", sa.String(200), nullable=False),
        sa.Column("local_id", ID, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_imported_records"),
        sa.UniqueConstraint("source", "kind", "external_id", name="uq_imported_records_source_kind_external_id"),
    )


def downgrade() -> None:
    op.drop_table("imported_records")
