"""Indexes by which finished rows are found and deleted, and recorded sizes of tables."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
PURGEABLE = sa.text("state IN ('sent', 'cancelled') AND (thread_id IS NULL OR kind = 'card_update')")


def upgrade() -> None:
    op.create_table(
        "size_records",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_size_records"),
    )
    op.create_index("ix_size_records_name_at", "size_records", ["name", "at"])
    with op.get_context().autocommit_block():
        for name, table, where in _indexes():
            op.create_index(
                name,
                table,
                ["finished_at"],
                sqlite_where=where,
                postgresql_where=where,
                postgresql_concurrently=True,
                if_not_exists=True,
            )


def downgrade() -> None:
    for name, table, _ in _indexes():
        op.drop_index(name, table)
    op.drop_table("size_records")


def _indexes() -> tuple:
    return (
        ("ix_deliveries_purgeable", "deliveries", PURGEABLE),
        ("ix_inbound_events_finished", "inbound_events", None),
    )
