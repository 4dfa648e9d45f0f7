"""The content of large received mails, in parts in a table of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
INDEX, HAS_KEY = "ix_inbound_events_content_key", sa.text("content_key IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "inbound_contents",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_inbound_contents"),
        sa.UniqueConstraint("key", "number", name="uq_inbound_contents_key_number"),
    )
    op.add_column("inbound_events", sa.Column("content_key", sa.String(32), nullable=True))
    with op.get_context().autocommit_block():
        op.create_index(
            INDEX,
            "inbound_events",
            ["content_key"],
            postgresql_concurrently=True,
            if_not_exists=True,
            sqlite_where=HAS_KEY,
            postgresql_where=HAS_KEY,
        )


def downgrade() -> None:
    op.drop_index(INDEX, "inbound_events")
    with op.batch_alter_table("inbound_events") as batch:
        batch.drop_column("content_key")
    op.drop_table("inbound_contents")
