"""People and groups that identity providers send by SCIM, and their tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "scim_tokens",
        sa.Column("id", ID, nullable=False),
        sa.Column("connection_id", ID, nullable=False),
        sa.Column("shown", sa.String(16), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("created_by_id", ID, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_used_at", TIME, nullable=True),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["sign_in_connections.id"],
            ondelete="CASCADE",
            name="fk_scim_tokens_connection_id_sign_in_connections",
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], ondelete="SET NULL", name="fk_scim_tokens_created_by_id_users"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_scim_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_scim_tokens_token_hash"),
    )
    op.create_index("ix_scim_tokens_connection_id", "scim_tokens", ["connection_id"])
    op.create_table(
        "scim_resources",
        sa.Column("id", ID, nullable=False),
        sa.Column("connection_id", ID, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("resource_id", sa.String(36), nullable=False),
        sa.Column("lookup_name", sa.String(320), nullable=False),
        sa.Column("external_id", sa.String(255), nullable=True),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["sign_in_connections.id"],
            ondelete="CASCADE",
            name="fk_scim_resources_connection_id_sign_in_connections",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE", name="fk_scim_resources_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_scim_resources"),
        sa.UniqueConstraint("resource_id", name="uq_scim_resources_resource_id"),
        sa.UniqueConstraint(
            "connection_id", "kind", "lookup_name", name="uq_scim_resources_connection_id_kind_lookup_name"
        ),
    )
    op.create_index("ix_scim_resources_user_id", "scim_resources", ["user_id"])
    op.create_index(
        "ix_scim_resources_connection_id_external_id", "scim_resources", ["connection_id", "external_id"]
    )


def downgrade() -> None:
    op.drop_table("scim_resources")
    op.drop_table("scim_tokens")
