"""Jobs as rows, so that none is lost or run twice whatever Redis does."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "background_jobs",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("argument", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("interval_seconds", sa.Integer(), nullable=True),
        sa.Column("requests", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("lease_until", TIME, nullable=True),
        sa.Column("lease_owner", sa.String(80), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_background_jobs"),
        sa.UniqueConstraint("name", "argument", name="uq_background_jobs_name_argument"),
    )
    op.create_index("ix_background_jobs_due_at", "background_jobs", ["due_at"])


def downgrade() -> None:
    op.drop_table("background_jobs")
