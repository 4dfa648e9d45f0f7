"""Tags of tickets."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "tags",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("search_words", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("renamed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into_id", ID, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tags"),
        sa.UniqueConstraint("name", name="uq_tags_name"),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["tags.id"], name="fk_tags_merged_into_id_tags", ondelete="SET NULL"
        ),
    )
    is_not_null = sa.text("merged_into_id IS NOT NULL")
    op.create_index(
        "ix_tags_merged_into_id", "tags", ["merged_into_id"], sqlite_where=is_not_null, postgresql_where=is_not_null
    )
    op.create_table(
        "ticket_tags",
        sa.Column("ticket_id", ID, nullable=False),
        sa.Column("tag_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "tag_id", name="pk_ticket_tags"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_ticket_tags_ticket_id_tickets", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name="fk_ticket_tags_tag_id_tags", ondelete="CASCADE"),
    )
    op.create_index("ix_ticket_tags_tag", "ticket_tags", ["tag_id", "ticket_id"])


def downgrade() -> None:
    op.drop_table("ticket_tags")
    op.drop_table("tags")
